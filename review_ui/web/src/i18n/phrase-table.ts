/** French and Chinese for the sentences that the server writes in English ("because ..."). */
import type { Language } from './language.svelte';
import { OF_IMAGES } from './phrases-of-images';

/** What a whole sentence must match, and what it becomes; $1, $2 stand for the parts in brackets. */
export type Phrase = Readonly<{ says: RegExp } & Record<Exclude<Language, 'en'>, string>>;

export const PHRASES: readonly Phrase[] = [
  ...OF_IMAGES,
  { says: /^no model for this role yet$/, fr: 'aucun modèle pour ce type de série', zh: '尚无适用于此类序列的模型' },
  { says: /^The images do not form one volume\.?$/, fr: 'les images ne forment pas un volume', zh: '其图像不能构成一个容积' },
  {
    says: /^The images are larger than this service decodes\.?$/,
    fr: 'les images sont plus grandes que ce service ne décode',
    zh: '其图像超出本服务可解码的大小',
  },
  {
    says: /^an image of (\d+) x (\d+) pixels is larger than.*$/,
    fr: 'une image de $1 x $2 pixels est plus grande que ce service ne décode',
    zh: '一幅 $1 x $2 像素的图像超出本服务可解码的大小',
  },
  {
    says: /^(\d+) images of (\d+) x (\d+) pixels are more than.*$/,
    fr: '$1 images de $2 x $3 pixels sont plus que ce service ne décode',
    zh: '$1 幅 $2 x $3 像素的图像超出本服务可解码的总量',
  },
  {
    says: /^The series is outside what the model declares it can read\.?$/,
    fr: 'la série est hors de ce que le modèle déclare savoir lire',
    zh: '该序列超出模型声明的适用范围',
  },
  {
    says: /^The model did not answer before its time limit.*$/,
    fr: 'le modèle n’a pas répondu dans le temps imparti et a été arrêté',
    zh: '模型未在时限内响应，已被终止',
  },
  { says: /^The model's process died\.?$/, fr: 'le processus du modèle s’est arrêté brutalement', zh: '模型进程异常退出' },
  { says: /^The model's process failed\.?$/, fr: 'le processus du modèle a échoué', zh: '模型进程运行失败' },
  { says: /^the model failed \((.*)\)$/, fr: 'le modèle a échoué ($1)', zh: '模型运行失败（$1）' },
  { says: /^This series cannot be analysed\.?$/, fr: 'cette série ne peut pas être analysée', zh: '该序列无法分析' },
  {
    says: /^The model bundle is missing, broken.*$/,
    fr: 'le modèle est absent, abîmé ou différent de son empreinte',
    zh: '模型缺失、损坏或与其摘要不符',
  },
  {
    says: /^the slices do not lie on one line \(off by up to (.*)\)$/,
    fr: 'les coupes ne sont pas alignées (écart jusqu’à $1)',
    zh: '各层面不在一条直线上（偏差达 $1）',
  },
  {
    says: /^(\d+) slices over (\d+) mm leave too many gaps.*$/,
    fr: '$1 coupes sur $2 mm laissent trop de trous pour former un volume',
    zh: '$2 mm 范围内的 $1 个层面间隙过多，不能构成容积',
  },
  { says: /^no image in it \(.*\)$/, fr: 'elle ne contient pas d’image', zh: '其中没有图像' },
  { says: /^a colour picture, not a measured image$/, fr: 'c’est une image en couleur, pas une mesure', zh: '这是彩色图片，而不是测量图像' },
  { says: /^no place in the patient \(.*\)$/, fr: 'ses images n’ont pas de position dans le patient', zh: '其图像缺少在患者体内的位置' },
  { says: /^no size of its pixels \(.*\)$/, fr: 'la taille de ses pixels manque', zh: '缺少像素尺寸' },
  {
    says: /^.*nothing listens on this port\.?$/,
    fr: 'la machine répond, mais rien n’écoute sur ce port',
    zh: '主机有响应，但该端口无服务监听',
  },
  {
    says: /^.*no answer within (\d+) s.*$/,
    fr: 'pas de réponse en $1 s : un pare-feu, ou la machine est éteinte',
    zh: '$1 秒内无响应：可能有防火墙，或主机已关机',
  },
  { says: /^.*there is no route to this machine\.?$/, fr: 'aucune route ne mène à cette machine', zh: '没有通往该主机的路由' },
  { says: /^the association was lost$/, fr: 'l’association a été perdue', zh: '关联连接已中断' },
  { says: /^the attempt was interrupted$/, fr: 'la tentative a été interrompue', zh: '此次尝试被中断' },
  { says: /^it cannot be read from our vault$/, fr: 'l’objet ne peut être lu dans notre coffre', zh: '无法从本系统的存储库读取该对象' },
  { says: /^the peer does not accept (.*) in (.*)$/, fr: 'le système n’accepte pas $1 en $2', zh: '对方系统不接受以 $2 传输的 $1' },
  {
    says: /^the system did not store it: .*\(status (.*)\)$/,
    fr: 'le système ne l’a pas enregistré (statut $1)',
    zh: '对方系统未保存该对象（状态 $1）',
  },
  { says: /^the system does not keep it: .*\((.*)\)$/, fr: 'le système ne le conserve pas ($1)', zh: '对方系统不予保留（$1）' },
  {
    says: /^the system has it, but never said that it keeps it$/,
    fr: 'le système l’a, mais n’a jamais dit qu’il le conserve',
    zh: '对方系统已收到，但从未确认保留',
  },
  { says: /^a newer result took its place$/, fr: 'un résultat plus récent a pris sa place', zh: '已有更新的结果取代它' },
  {
    says: /^the service answered with HTTP status (\d+)$/,
    fr: 'le service a répondu par le statut HTTP $1',
    zh: '该服务返回 HTTP 状态 $1',
  },
  { says: /^the service refused it \(failure reason (.*)\)$/, fr: 'le service l’a refusé (motif $1)', zh: '该服务已拒绝（失败原因 $1）' },
  {
    says: /^the service does not answer, or its certificate.*$/,
    fr: 'le service ne répond pas, ou son certificat n’est pas reconnu',
    zh: '该服务没有响应，或其证书未被认可',
  },
  { says: /^the service did not say what became of it$/, fr: 'le service n’a pas dit ce qu’il en a fait', zh: '该服务未说明处理结果' },
  { says: /^read together with the diffusion series$/, fr: 'lue avec la série de diffusion', zh: '与弥散序列一并分析' },
  {
    says: /^no ADC map or b=0 images have arrived$/,
    fr: 'ni carte ADC ni images b=0 ne sont arrivées',
    zh: 'ADC 图或 b=0 图像均未到达',
  },
  {
    says: /^these images are unlike what the model was taught \(score (.*)\)$/,
    fr: 'ces images ne ressemblent pas à ce que le modèle a appris (score $1)',
    zh: '这些图像与模型训练数据差异过大（评分 $1）',
  },
  {
    says: /^these images are rather unlike what the model was taught \(score (.*)\)$/,
    fr: 'ces images ressemblent peu à ce que le modèle a appris (score $1)',
    zh: '这些图像与模型训练数据差异较大（评分 $1）',
  },
  {
    says: /^what this series shows is a guess \(confidence (.*)\)$/,
    fr: 'le type de cette série est une supposition (confiance $1)',
    zh: '该序列的类型只是推测（置信度 $1）',
  },
  {
    says: /^superseded by a newer analysis of this series$/,
    fr: 'remplacée par une analyse plus récente de cette série',
    zh: '已被该序列更新的分析取代',
  },
  { says: /^a person said so$/, fr: 'une personne l’a dit', zh: '由人工指定' },
  {
    says: /^out of memory at first; done again with less of it at once$/,
    fr: 'mémoire insuffisante d’abord ; refait par plus petits morceaux',
    zh: '起初内存不足；已改为分小块重新完成',
  },
  {
    says: /^out of memory, in smaller pieces and on the processor too$/,
    fr: 'mémoire insuffisante, même par petits morceaux et sur le processeur',
    zh: '即使分小块并改用处理器，内存仍不足',
  },
  {
    says: /^rule-based baseline, not a trained model$/,
    fr: 'règle de référence, pas un modèle entraîné',
    zh: '基于规则的基线方法，不是训练所得的模型',
  },
  {
    says: /^its times or its recurrence cannot be understood$/,
    fr: 'ses heures ou sa récurrence ne se comprennent pas',
    zh: '无法识别其时间或重复规则',
  },
  { says: /^only the first (\d+) occurrences are read$/, fr: 'seules les $1 premières occurrences sont lues', zh: '只读取前 $1 次' },
  {
    says: /^it names nobody we know, or more than one$/,
    fr: 'elle ne nomme personne de connu, ou plusieurs personnes',
    zh: '未指明已知人员，或指明了多人',
  },
  {
    says: /^This expert does not have that skill, or not for all of these sites\.$/,
    fr: 'cet expert n’a pas cette compétence, ou pas pour tous ces hôpitaux',
    zh: '该专家不具备此专业，或不负责所有这些医院',
  },
  {
    says: /^At that time somebody has this rank for that skill already\.$/,
    fr: 'à ce moment quelqu’un a déjà ce rang pour cette compétence',
    zh: '该时段此专业的这一顺位已有人',
  },
  { says: /^There is no such hospital here\.$/, fr: 'cet hôpital est inconnu ici', zh: '系统中没有该医院' },
  { says: /^there is no image in this series$/, fr: 'cette série n’a pas d’image', zh: '该序列中没有图像' },
];

/** What a reason begins with that a sentence of its own follows. */
const UNLIKE: Readonly<{ says: RegExp } & Record<Exclude<Language, 'en'>, string>> = {
  says: /^unlike what the model was taught: /,
  fr: 'différent de ce que le modèle a appris : ',
  zh: '与模型训练数据不同：',
};

/** The sentence in a language, or undefined where only English is known. */
export function inLanguage(english: string, code: Language): string | undefined {
  if (code === 'en') return asClause(english);
  if (UNLIKE.says.test(english)) {
    const rest = english.replace(UNLIKE.says, '');
    return UNLIKE[code] + (inLanguage(rest, code) ?? rest);
  }
  const known = PHRASES.find((one) => one.says.test(english));
  return known && english.replace(known.says, known[code]);
}

/** "The model died." reads on as "the model died". */
export function asClause(sentence: string): string {
  const trimmed = sentence.replace(/\.$/, '');
  return /^(The|This|A|An|No) /.test(trimmed) ? trimmed.charAt(0).toLowerCase() + trimmed.slice(1) : trimmed;
}
