import type { phone as english } from '../en/phone';

export const phone: Record<keyof typeof english, string> = {
  'phone.nowhere': 'Ce lien ne mène plus nulle part, ou n’est pas destiné à votre compte.',
  'phone.keyimages': 'Images clés',
  'phone.keyimage': 'Image clé {n} sur {m}',
  'phone.notdiagnostic': 'Écran de téléphone : pour s’orienter, pas pour le diagnostic.',
  'phone.call': 'Appeler',
  'phone.answer': 'Répondre',

  'settings.title': 'Réglages',
  'settings.sound': 'Son',
  'settings.soundwhy': 'Un son bref pour un nouveau dossier rouge ou orange, un plus long quand vous êtes appelé. Valable pour ce navigateur seulement.',
  'settings.soundon': 'Son activé',
  'settings.try': 'Essayer',
  'settings.push': 'Réveiller cet appareil quand je suis appelé',
  'settings.pushwhy': 'Le message dit une priorité et un hôpital, rien d’aucun patient, et il est chiffré pour ce seul navigateur.',
  'settings.push.unsupported': 'Ce navigateur ne peut pas être réveillé. Sur un iPhone, ajoutez d’abord le site à l’écran d’accueil.',
  'settings.push.off_here': 'Aucun administrateur ne l’a activé.',
  'settings.push.refused': 'Ce navigateur refuse les notifications d’ici ; changez-le dans ses propres réglages.',
  'settings.push.asleep': 'Cet appareil n’est pas réveillé.',
  'settings.push.awake': 'Cet appareil est réveillé.',
  'settings.wake': 'Réveiller cet appareil',
  'settings.sleep': 'Ne plus le réveiller',
  'settings.install': 'Sur un téléphone',
  'settings.installwhy': 'Ajoutez le site à l’écran d’accueil par le menu du navigateur. Il s’ouvre comme une application ; rien d’un patient n’est gardé sur le téléphone.',
};
