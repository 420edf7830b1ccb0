import type { elsewhere as english } from '../en/elsewhere';

export const elsewhere: Record<keyof typeof english, string> = {
  'elsewhere.title': 'Ailleurs',
  'elsewhere.open': 'Ouvrir dans {viewer}',
  'elsewhere.look': 'Chercher les examens antérieurs',
  'elsewhere.notyet': 'Les examens antérieurs n’ont pas été demandés à l’archive de l’hôpital.',
  'elsewhere.looking': 'Les examens antérieurs arrivent de l’archive de l’hôpital…',
  'elsewhere.again': 'L’archive de l’hôpital ne répond pas ; une nouvelle tentative suivra.',
  'elsewhere.givenup': 'L’archive de l’hôpital n’a pas répondu ; des examens antérieurs manquent peut-être.',
  'elsewhere.nothing': 'L’archive de l’hôpital n’a pas d’autre examen antérieur de cette tête.',
  'elsewhere.fetched.one': '{n} examen antérieur reçu.',
  'elsewhere.fetched.other': '{n} examens antérieurs reçus.',
  'elsewhere.onlytocompare': 'Non analysé : examen antérieur, demandé pour comparer',
  'event.opened_elsewhere': 'Ouvert dans un autre visualiseur',
  'event.priors_fetched': 'Examens antérieurs reçus',
};
