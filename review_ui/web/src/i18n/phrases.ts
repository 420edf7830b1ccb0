/** French for the sentences the server writes in English ("because ..."); an unknown one stays as it is. */
import { language } from './language.svelte';

const FRENCH: Readonly<Record<string, string>> = {
  'no model for this role yet': 'aucun modèle pour ce type de série',
  'The images do not form one volume.': 'les images ne forment pas un volume',
  'The images are larger than this service decodes.': 'les images sont plus grandes que ce service ne décode',
  'The series is outside what the model declares it can read.':
    'la série est hors de ce que le modèle déclare savoir lire',
  'The model did not answer before its time limit and was stopped.':
    'le modèle n’a pas répondu dans le temps imparti et a été arrêté',
  "The model's process died.": 'le processus du modèle s’est arrêté brutalement',
  "The model's process failed.": 'le processus du modèle a échoué',
  'This series cannot be analysed.': 'cette série ne peut pas être analysée',
  'The model bundle is missing, broken or not what its hash says.':
    'le modèle est absent, abîmé ou différent de son empreinte',
};

export function phrase(english: string): string {
  const known = language() === 'fr' ? FRENCH[english] : undefined;
  return known ?? asClause(english);
}

/** "The model died." reads on after "because" as "the model died". */
function asClause(sentence: string): string {
  const trimmed = sentence.replace(/\.$/, '');
  return /^(The|This|A|An|No) /.test(trimmed) ? trimmed.charAt(0).toLowerCase() + trimmed.slice(1) : trimmed;
}
