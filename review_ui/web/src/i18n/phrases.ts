/** French for the sentences the server writes in English ("because ..."); an unknown one stays as it is. */
import { language } from './language.svelte';

/** What a whole sentence must match, and its French; $1, $2 stand for the parts in brackets. */
const FRENCH: readonly (readonly [RegExp, string])[] = [
  [/^no model for this role yet$/, 'aucun modèle pour ce type de série'],
  [/^The images do not form one volume\.?$/, 'les images ne forment pas un volume'],
  [/^The images are larger than this service decodes\.?$/, 'les images sont plus grandes que ce service ne décode'],
  [/^an image of (\d+) x (\d+) pixels is larger than.*$/, 'une image de $1 x $2 pixels est plus grande que ce service ne décode'],
  [/^(\d+) images of (\d+) x (\d+) pixels are more than.*$/, '$1 images de $2 x $3 pixels sont plus que ce service ne décode'],
  [/^The series is outside what the model declares it can read\.?$/, 'la série est hors de ce que le modèle déclare savoir lire'],
  [/^The model did not answer before its time limit.*$/, 'le modèle n’a pas répondu dans le temps imparti et a été arrêté'],
  [/^The model's process died\.?$/, 'le processus du modèle s’est arrêté brutalement'],
  [/^The model's process failed\.?$/, 'le processus du modèle a échoué'],
  [/^the model failed \((.*)\)$/, 'le modèle a échoué ($1)'],
  [/^This series cannot be analysed\.?$/, 'cette série ne peut pas être analysée'],
  [/^The model bundle is missing, broken.*$/, 'le modèle est absent, abîmé ou différent de son empreinte'],
  [/^the slices do not lie on one line \(off by up to (.*)\)$/, 'les coupes ne sont pas alignées (écart jusqu’à $1)'],
  [/^(\d+) slices over (\d+) mm leave too many gaps.*$/, '$1 coupes sur $2 mm laissent trop de trous pour former un volume'],
  [/^no image in it \(.*\)$/, 'elle ne contient pas d’image'],
  [/^a colour picture, not a measured image$/, 'c’est une image en couleur, pas une mesure'],
  [/^no place in the patient \(.*\)$/, 'ses images n’ont pas de position dans le patient'],
  [/^no size of its pixels \(.*\)$/, 'la taille de ses pixels manque'],
  [/^.*nothing listens on this port\.?$/, 'la machine répond, mais rien n’écoute sur ce port'],
  [/^.*no answer within (\d+) s.*$/, 'pas de réponse en $1 s : un pare-feu, ou la machine est éteinte'],
  [/^.*there is no route to this machine\.?$/, 'aucune route ne mène à cette machine'],
  [/^the association was lost$/, 'l’association a été perdue'],
  [/^the attempt was interrupted$/, 'la tentative a été interrompue'],
  [/^it cannot be read from our vault$/, 'l’objet ne peut être lu dans notre coffre'],
  [/^the peer does not accept (.*) in (.*)$/, 'le système n’accepte pas $1 en $2'],
  [/^the system did not store it: .*\(status (.*)\)$/, 'le système ne l’a pas enregistré (statut $1)'],
  [/^the system does not keep it: .*\((.*)\)$/, 'le système ne le conserve pas ($1)'],
  [/^the system has it, but never said that it keeps it$/, 'le système l’a, mais n’a jamais dit qu’il le conserve'],
  [/^a newer result took its place$/, 'un résultat plus récent a pris sa place'],
  [/^the service answered with HTTP status (\d+)$/, 'le service a répondu par le statut HTTP $1'],
  [/^the service refused it \(failure reason (.*)\)$/, 'le service l’a refusé (motif $1)'],
  [/^the service does not answer, or its certificate.*$/, 'le service ne répond pas, ou son certificat n’est pas reconnu'],
  [/^the service did not say what became of it$/, 'le service n’a pas dit ce qu’il en a fait'],
  [/^read together with the diffusion series$/, 'lue avec la série de diffusion'],
  [/^no ADC map or b=0 images have arrived$/, 'ni carte ADC ni images b=0 ne sont arrivées'],
  [/^these images are unlike what the model was taught \(score (.*)\)$/, 'ces images ne ressemblent pas à ce que le modèle a appris (score $1)'],
  [/^these images are rather unlike what the model was taught \(score (.*)\)$/, 'ces images ressemblent peu à ce que le modèle a appris (score $1)'],
  [/^what this series shows is a guess \(confidence (.*)\)$/, 'le type de cette série est une supposition (confiance $1)'],
  [/^superseded by a newer analysis of this series$/, 'remplacée par une analyse plus récente de cette série'],
  [/^a person said so$/, 'une personne l’a dit'],
  [/^out of memory at first; done again with less of it at once$/, 'mémoire insuffisante d’abord ; refait par plus petits morceaux'],
  [/^out of memory, in smaller pieces and on the processor too$/, 'mémoire insuffisante, même par petits morceaux et sur le processeur'],
  [/^rule-based baseline, not a trained model$/, 'règle de référence, pas un modèle entraîné'],
  [/^there is no image in this series$/, 'cette série n’a pas d’image'],
];

/** A sentence that reads on after "because". */
export function phrase(english: string): string {
  return translated(english) ?? asClause(english);
}

/** The sentence in the page's language, or undefined where only English is known. */
export function translated(english: string): string | undefined {
  if (language() === 'en') return asClause(english);
  for (const [pattern, french] of FRENCH) if (pattern.test(english)) return english.replace(pattern, french);
  return undefined;
}

/** "The model died." reads on as "the model died". */
function asClause(sentence: string): string {
  const trimmed = sentence.replace(/\.$/, '');
  return /^(The|This|A|An|No) /.test(trimmed) ? trimmed.charAt(0).toLowerCase() + trimmed.slice(1) : trimmed;
}
