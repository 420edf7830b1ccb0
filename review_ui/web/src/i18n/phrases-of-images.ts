/** What models and volumes say of images, in French and Chinese. */
import type { Phrase } from './phrase-table';

export const OF_IMAGES: readonly Phrase[] = [
  {
    says: /^hardly any image noise: an average, a drawing or a strongly smoothed image$/,
    fr: 'presque pas de bruit : une moyenne, un dessin ou une image très lissée',
    zh: '几乎没有图像噪声：可能是平均图像、绘图或过度平滑的图像',
  },
  {
    says: /^very much image noise$/,
    fr: 'beaucoup de bruit dans l’image',
    zh: '图像噪声很大',
  },
  {
    says: /^what the skull encloses is less dense than brain$/,
    fr: 'ce que le crâne enferme est moins dense que le cerveau',
    zh: '颅内组织密度低于脑组织',
  },
  {
    says: /^what bone encloses is denser than brain: contrast medium, or another part of the body$/,
    fr: 'ce que l’os enferme est plus dense que le cerveau : produit de contraste, ou autre partie du corps',
    zh: '骨内组织密度高于脑组织：可能有对比剂，或为身体其他部位',
  },
  {
    says: /^grey and white matter cannot be told apart: a phantom, or a swollen brain$/,
    fr: 'substance grise et substance blanche ne se distinguent pas : fantôme, ou cerveau œdématié',
    zh: '灰白质无法区分：可能是体模或脑水肿',
  },
  {
    says: /^the brain has no texture: a phantom or a drawing$/,
    fr: 'le cerveau n’a pas de texture : fantôme ou dessin',
    zh: '脑组织没有纹理：可能是体模或绘图',
  },
  {
    says: /^there is no skull around the brain$/,
    fr: 'il n’y a pas de crâne autour du cerveau',
    zh: '脑周围没有颅骨',
  },
  {
    says: /^wider than a head: another part of the body$/,
    fr: 'plus large qu’une tête : autre partie du corps',
    zh: '宽于头部：可能是身体其他部位',
  },
  {
    says: /^the skull encloses little of what is shown: another part of the body, or other units$/,
    fr: 'le crâne n’enferme qu’une petite part de ce qui est montré : autre partie du corps, ou autres unités',
    zh: '颅骨只包围所示内容的一小部分：可能是身体其他部位或单位不同',
  },
  {
    says: /^little of what the skull encloses has the density of brain$/,
    fr: 'peu de ce que le crâne enferme a la densité du cerveau',
    zh: '颅内仅少部分具有脑组织密度',
  },
  {
    says: /^more fat than a head has: another part of the body$/,
    fr: 'plus de graisse que n’en a une tête : autre partie du corps',
    zh: '脂肪多于头部：可能是身体其他部位',
  },
  {
    says: /^vessels are as bright as with contrast medium$/,
    fr: 'les vaisseaux sont aussi brillants qu’avec un produit de contraste',
    zh: '血管亮度如同使用了对比剂',
  },
  {
    says: /^much metal: streaks may hide or mimic blood$/,
    fr: 'beaucoup de métal : les artefacts peuvent cacher ou imiter du sang',
    zh: '金属较多：条状伪影可能掩盖或类似出血',
  },
  {
    says: /^hardly any noise in the DWI: an average, a drawing or a strongly smoothed image$/,
    fr: 'presque pas de bruit en diffusion : une moyenne, un dessin ou une image très lissée',
    zh: '弥散图像几乎没有噪声：可能是平均图像、绘图或过度平滑的图像',
  },
  {
    says: /^very much noise in the DWI$/,
    fr: 'beaucoup de bruit en diffusion',
    zh: '弥散图像噪声很大',
  },
  {
    says: /^the brain has no texture on DWI: a phantom or a drawing$/,
    fr: 'le cerveau n’a pas de texture en diffusion : fantôme ou dessin',
    zh: '弥散图像上脑组织没有纹理：可能是体模或绘图',
  },
  {
    says: /^what is shown is smaller than a brain$/,
    fr: 'ce qui est montré est plus petit qu’un cerveau',
    zh: '所示内容小于脑',
  },
  {
    says: /^what is shown is larger than a brain: another part of the body$/,
    fr: 'ce qui est montré est plus grand qu’un cerveau : autre partie du corps',
    zh: '所示内容大于脑：可能是身体其他部位',
  },
  {
    says: /^the brain diffuses less than living brain does$/,
    fr: 'le cerveau diffuse moins qu’un cerveau vivant',
    zh: '脑组织弥散低于活体脑',
  },
  {
    says: /^most of what is shown diffuses more than brain$/,
    fr: 'la plupart de ce qui est montré diffuse plus que le cerveau',
    zh: '所示内容大部分弥散高于脑组织',
  },
  {
    says: /^much more fluid than a brain holds$/,
    fr: 'beaucoup plus de liquide que n’en contient un cerveau',
    zh: '液体远多于脑内应有',
  },
  {
    says: /^no fluid in or around the brain: a phantom, or another part of the body$/,
    fr: 'pas de liquide dans le cerveau ni autour : fantôme, ou autre partie du corps',
    zh: '脑内及周围没有液体：可能是体模或身体其他部位',
  },
  {
    says: /^fluid is bright: this looks like b0 or T2, not diffusion-weighted$/,
    fr: 'le liquide est brillant : cela ressemble à b0 ou T2, pas à de la diffusion',
    zh: '液体呈高信号：更像 b0 或 T2，而非弥散加权',
  },
  {
    says: /^much of the image is far brighter than brain$/,
    fr: 'une grande part de l’image est bien plus brillante que le cerveau',
    zh: '图像大部分远亮于脑组织',
  },
  {
    says: /^too little brain in view to judge$/,
    fr: 'trop peu de cerveau visible pour juger',
    zh: '可见脑组织太少，无法判断',
  },
  {
    says: /^DWI and ADC were given the wrong way round and were swapped back$/,
    fr: 'diffusion et ADC étaient inversés et ont été remis en ordre',
    zh: '弥散与 ADC 次序颠倒，已换回',
  },
  {
    says: /^ADC is in (.*), recognised by its values$/,
    fr: 'l’ADC est en $1, reconnu à ses valeurs',
    zh: 'ADC 单位为 $1（由数值识别）',
  },
  {
    says: /^values are cut to a display range: air is missing$/,
    fr: 'les valeurs sont coupées à une plage d’affichage : l’air manque',
    zh: '数值被截取到显示范围：缺少空气值',
  },
  {
    says: /^hardly any tissue of brain density: this may not be a head$/,
    fr: 'presque aucun tissu de densité cérébrale : ce n’est peut-être pas une tête',
    zh: '几乎没有脑密度组织：可能不是头部',
  },
  {
    says: /^a single slice: no neighbouring slice confirms what is seen$/,
    fr: 'une seule coupe : aucune voisine ne confirme ce qui est vu',
    zh: '仅一层：没有相邻层面可以佐证',
  },
  {
    says: /^slices are (.*) mm apart, thicker than the model was taught$/,
    fr: 'les coupes sont distantes de $1 mm, plus que ce que le modèle a appris',
    zh: '层间距 $1 mm，厚于模型训练数据',
  },
  {
    says: /^the field of view is not a head's$/,
    fr: 'le champ de vue n’est pas celui d’une tête',
    zh: '视野不是头部视野',
  },
  {
    says: /^metal in the head \((.*)\)$/,
    fr: 'métal dans la tête ($1)',
    zh: '头部有金属（$1）',
  },
  {
    says: /^the head moved between slices \(by up to (.*)\)$/,
    fr: 'la tête a bougé entre les coupes (jusqu’à $1)',
    zh: '层间头部移动（达 $1）',
  },
  {
    says: /^the top of the head is not in the images$/,
    fr: 'le sommet de la tête n’est pas dans les images',
    zh: '图像未包括头顶',
  },
  {
    says: /^slices are missing inside the series \((\d+)\)$/,
    fr: 'des coupes manquent dans la série ($1)',
    zh: '序列内缺少层面（$1）',
  },
  {
    says: /^gantry tilt (.*) degrees$/,
    fr: 'statif incliné de $1 degrés',
    zh: '机架倾斜 $1 度',
  },
  {
    says: /^(\d+) slices? (?:is|are) missing inside the series, interpolated from the neighbours$/,
    fr: '$1 coupes manquent dans la série, interpolées d’après leurs voisines',
    zh: '序列内缺少 $1 层，已由相邻层插值',
  },
  {
    says: /^uneven slice spacing, (.*) to (.*) mm, resampled to an even (.*) mm$/,
    fr: 'espacement inégal des coupes, $1 à $2 mm, rééchantillonné à $3 mm',
    zh: '层间距不均（$1 至 $2 mm），已重采样为 $3 mm',
  },
  {
    says: /^(\d+) images of another orientation, matrix or pixel size left out$/,
    fr: '$1 images d’une autre orientation, matrice ou taille de pixel laissées de côté',
    zh: '已排除 $1 幅方向、矩阵或像素大小不同的图像',
  },
  {
    says: /^(\d+) repeated images at places already filled left out$/,
    fr: '$1 images répétées à des places déjà prises laissées de côté',
    zh: '已排除 $1 幅重复位置的图像',
  },
  {
    says: /^(\d+) of (\d+) images could not be read: (.*)$/,
    fr: '$1 images sur $2 n’ont pas pu être lues ($3)',
    zh: '$2 幅图像中有 $1 幅无法读取（$3）',
  },
  {
    says: /^none of the (\d+) images can be read: (.*)$/,
    fr: 'aucune des $1 images n’est lisible ($2)',
    zh: '$1 幅图像均无法读取（$2）',
  },
  {
    says: /^a multi-frame image without the position of its frames$/,
    fr: 'une image multi-coupes sans la position de ses coupes',
    zh: '多帧图像缺少各帧位置',
  },
  {
    says: /^the pixel data are not of the size that the header declares$/,
    fr: 'les pixels n’ont pas la taille qu’annonce l’en-tête',
    zh: '像素数据大小与头信息不符',
  },
  {
    says: /^the pixel data hold fewer frames than the header describes$/,
    fr: 'il y a moins de coupes que n’en décrit l’en-tête',
    zh: '像素数据帧数少于头信息所述',
  },
  {
    says: /^the orientation of the images is not one \(.*\)$/,
    fr: 'l’orientation des images n’en est pas une',
    zh: '图像方向无效',
  },
];
