"""The words of the printed transfer sheet, in its three languages; the Chinese ones await a clinician's eye."""

from __future__ import annotations

from review_ui.printed_words import Words, in_language

_WORDS: Words = {
    "title": ("Demande d'avis – fiche de transfert", "Request for opinion – transfer sheet", "会诊申请 – 转院单"),
    "age": ("Âge", "Age", "年龄"),
    "call_back": ("Rappeler au", "Call back", "回电"),
    "urgency": ("Urgence", "Urgency", "紧急程度"),
    "urgent": ("URGENT", "URGENT", "紧急"),
    "differed": ("Différé", "Not urgent", "非紧急"),
    "onset": ("Heure de début des symptômes", "Symptom onset", "发病时间"),
    "last_known_well": ("Dernière fois vu sans déficit", "Last known well", "最后正常时间"),
    "wake_up": ("AVC du réveil", "Wake-up stroke", "醒后卒中"),
    "unknown": ("inconnue", "unknown", "未知"),
    "not_told": ("non renseigné", "not told", "未提供"),
    "windows": ("Fenêtres", "Windows", "时间窗"),
    "thrombolysis": ("thrombolyse (4 h 30) jusqu'à", "thrombolysis (4 h 30) until", "静脉溶栓（4.5小时）截止"),
    "thrombectomy_early": ("thrombectomie (6 h) jusqu'à", "thrombectomy (6 h) until", "机械取栓（6小时）截止"),
    "thrombectomy_late": (
        "thrombectomie sur mismatch (24 h) jusqu'à",
        "thrombectomy on mismatch (24 h) until",
        "按不匹配取栓（24小时）截止",
    ),
    "arrived": ("Arrivée à l'hôpital", "Arrived at hospital", "到院时间"),
    "nihss": ("Score NIHSS", "NIHSS", "NIHSS评分"),
    "modified_rankin": ("Rankin modifié avant", "Modified Rankin before", "发病前改良Rankin评分"),
    "anticoagulant": ("Anticoagulant", "Anticoagulant", "抗凝药"),
    "none": ("aucun", "none", "无"),
    "vka": ("AVK", "VKA", "维生素K拮抗剂"),
    "doac": ("AOD", "DOAC", "直接口服抗凝药"),
    "heparin": ("héparine", "heparin", "肝素"),
    "other": ("autre", "other", "其他"),
    "last_dose": ("Dernière prise", "Last dose", "末次用药"),
    "pressure": ("Pression artérielle (mmHg)", "Blood pressure (mmHg)", "血压 (mmHg)"),
    "glucose": ("Glycémie (mmol/L)", "Glucose (mmol/L)", "血糖 (mmol/L)"),
    "platelets": ("Plaquettes (G/L)", "Platelets (10⁹/L)", "血小板 (10⁹/L)"),
    "inr": ("INR", "INR", "INR"),
    "weight": ("Poids (kg)", "Weight (kg)", "体重 (kg)"),
    "to_check": ("À vérifier", "To be checked", "请核对"),
    "nihss_total_differs": ("total et items NIHSS discordants", "NIHSS total and items differ", "NIHSS总分与各项不符"),
    "time_in_future": ("une heure est dans le futur", "a time lies in the future", "时间晚于现在"),
    "well_after_onset": ("vu sans déficit après le début", "last well after onset", "最后正常时间晚于发病时间"),
    "onset_not_told": ("heure de début non renseignée", "onset not told", "未提供发病时间"),
    "pressures_reversed": ("pressions inversées", "pressures reversed", "收缩压与舒张压颠倒"),
    "last_dose_not_told": ("dernière prise non renseignée", "last dose not told", "未提供末次用药时间"),
    "age_differs": ("âge et date de naissance différents", "age and birth date differ", "年龄与出生日期不符"),
}  # fmt: skip


def words(language: str) -> dict[str, str]:
    """Every word in one of `review_ui.printed_words.LANGUAGES`."""
    return in_language(language, _WORDS)
