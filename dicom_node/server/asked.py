"""Which of our services a presentation context asks for."""

from __future__ import annotations

from pynetdicom.service_class import (
    BasicWorklistManagementServiceClass,
    QueryRetrieveServiceClass,
    ServiceClass,
    StorageServiceClass,
    VerificationServiceClass,
)
from pynetdicom.service_class_n import (
    InstanceAvailabilityNotificationServiceClass,
    ProcedureStepServiceClass,
    StorageCommitmentServiceClass,
)
from pynetdicom.sop_class import uid_to_service_class

from pipeline.domain.peer import Service

_FIND = frozenset({"1.2.840.10008.5.1.4.1.2.1.1", "1.2.840.10008.5.1.4.1.2.2.1"})
_SERVICE_OF: dict[type[ServiceClass], Service | None] = {
    VerificationServiceClass: None,
    StorageServiceClass: Service.STORE,
    StorageCommitmentServiceClass: Service.COMMITMENT,
    ProcedureStepServiceClass: Service.PROCEDURE,
    InstanceAvailabilityNotificationServiceClass: Service.PROCEDURE,
    BasicWorklistManagementServiceClass: Service.WORKLIST,
    ServiceClass: Service.STORE,
}
"""A class nobody knows is taken as storage."""


def service_of(abstract_syntax: str) -> Service | None:
    """The service of an abstract syntax; none for verification, which needs no permission."""
    if abstract_syntax in _FIND:
        return Service.QUERY
    found = uid_to_service_class(abstract_syntax)
    if issubclass(found, QueryRetrieveServiceClass) and found is not BasicWorklistManagementServiceClass:
        return Service.RETRIEVE
    return _SERVICE_OF.get(found, Service.STORE)
