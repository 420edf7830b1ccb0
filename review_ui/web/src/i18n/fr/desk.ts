import type { desk as english } from '../en/desk';

export const desk: Record<keyof typeof english, string> = {
  'app.tagline': 'Téléexpertise de l’AVC',
  'app.research': 'Recherche uniquement — pas un dispositif médical ; un humain signe.',
  'app.language': 'Langue',
  'app.signout': 'Se déconnecter',
  'app.places': 'Rubriques',
  'app.skip': 'Aller au contenu',
  'app.loading': 'Chargement…',
  'app.retry': 'Réessayer',
  'app.newcases': '{n} nouveaux',

  'lasted.seconds': '{n} s',
  'lasted.minutes': '{n} min',
  'lasted.hours': '{h} h {m}',
  'lasted.days': '{n} j',

  'signin.title': 'Connexion',
  'signin.name': 'Identifiant',
  'signin.password': 'Mot de passe',
  'signin.go': 'Se connecter',

  'password.title': 'Choisissez votre mot de passe',
  'password.why': 'Celui qui vous a été donné ne sert qu’une fois.',
  'password.current': 'Mot de passe actuel',
  'password.new': 'Nouveau mot de passe',
  'password.again': 'Nouveau mot de passe, encore une fois',
  'password.hint': 'Au moins 12 caractères. Une phrase convient bien.',
  'password.differ': 'Les deux nouveaux mots de passe diffèrent.',
  'password.go': 'Changer le mot de passe',

  'error.unreachable': 'Le serveur ne répond pas.',
  'error.wrong': 'Identifiant ou mot de passe incorrect.',
  'error.many': 'Trop de tentatives. Patientez un peu puis réessayez.',
  'error.weak': 'Choisissez au moins 12 caractères, ni votre identifiant ni le mot de passe précédent.',
  'error.forbidden': 'Votre compte ne le permet pas.',
  'error.notfound': 'Ce dossier n’existe pas, ou ne vous est pas ouvert.',
  'error.other': 'Cela n’a pas pu être fait : {message}',

  'live.on': 'En direct',
  'live.connecting': 'Connexion…',
  'live.lost': 'Plus en direct depuis {time}',
  'live.losthint': 'L’affichage peut être dépassé. Nouvelle tentative de connexion…',
};
