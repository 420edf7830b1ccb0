import type { setup as english } from '../en/setup';

export const setup: Record<keyof typeof english, string> = {
  'setup.title': 'Réglages',
  'setup.why':
    'Personne ne peut être mis de garde avant qu’il y ait un téléphone auquel on répond quand rien d’autre ne répond.',
  'setup.fallback': 'Téléphone de dernier recours',
  'setup.fallbackhint': 'Montré à l’hôpital quand personne n’accuse réception d’un dossier.',
  'setup.sitephones': 'Un autre téléphone pour certains hôpitaux',
  'setup.url': 'Adresse par laquelle commencent les liens',
  'setup.urlhint': 'Par exemple https://neurovigie.example.org',
  'setup.region': 'Jours fériés de',
  'setup.region.none': 'France métropolitaine',
  'setup.region.alsace_moselle': 'Alsace-Moselle',
  'setup.region.guadeloupe': 'Guadeloupe',
  'setup.region.guyane': 'Guyane',
  'setup.region.martinique': 'Martinique',
  'setup.region.mayotte': 'Mayotte',
  'setup.region.reunion': 'La Réunion',
  'setup.save': 'Enregistrer les réglages',
  'setup.saved': 'Enregistré.',
  'setup.incomplete': 'Pas encore réglé',
  'setup.only': 'Seul un administrateur peut modifier ceci.',
};
