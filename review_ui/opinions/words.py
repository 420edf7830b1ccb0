"""The words of a printed opinion in its three languages; the Chinese ones await a clinician's eye."""

from __future__ import annotations

from review_ui.printed_words import Words, in_language

_WORDS: Words = {
    "title": ("Avis de téléexpertise – AVC", "Teleexpertise opinion – stroke", "脑卒中远程会诊意见"),
    "images_of": ("Images reçues le", "Images received", "图像接收时间"),
    "expert": ("Médecin requis (expert)", "Consulted expert", "会诊专家"),
    "signed_at": ("Signé le", "Signed", "签署时间"),
    "version": ("Version", "Version", "版本"),
    "superseded": (
        "Cette version a été remplacée par une version plus récente.",
        "A newer version has taken the place of this one.",
        "本版本已被更新的版本取代。",
    ),
    "not_embedded": (
        "Les caractères chinois ne sont pas inclus dans ce fichier : sans police chinoise, ils restent blancs.",
        "The Chinese characters of this file are not in it: on a computer without a Chinese font they stay blank.",
        "本文件未嵌入中文字体。",
    ),
    "quality": ("Qualité de l'image", "Image quality", "图像质量"),
    "quality.diagnostic": ("diagnostique", "diagnostic", "可用于诊断"),
    "quality.limited": ("limitée", "limited", "有限"),
    "quality.non_diagnostic": ("non diagnostique", "non-diagnostic", "不能用于诊断"),
    "haemorrhage": ("Hémorragie intracrânienne", "Intracranial haemorrhage", "颅内出血"),
    "ischaemia": ("AVC ischémique", "Ischaemic stroke", "缺血性脑卒中"),
    "present": ("Présence", "Present", "是否存在"),
    "yes": ("oui", "yes", "是"),
    "no": ("non", "no", "否"),
    "not_said": ("non précisé", "not stated", "未说明"),
    "sites": ("Sites", "Sites", "部位"),
    "side": ("Côté", "Side", "侧别"),
    "volume_ml": ("Volume (mL)", "Volume (mL)", "体积（毫升）"),
    "midline_shift_mm": ("Déviation de la ligne médiane (mm)", "Midline shift (mm)", "中线移位（毫米）"),
    "spot_sign": ("Spot sign", "Spot sign", "点征"),
    "territories": ("Territoire", "Territory", "供血区"),
    "aspects": ("Score ASPECTS", "ASPECTS", "ASPECTS评分"),
    "occlusion": ("Occlusion", "Occlusion", "闭塞部位"),
    "core_ml": ("Cœur ischémique (mL)", "Ischaemic core (mL)", "梗死核心（毫升）"),
    "hypoperfused_ml": ("Volume hypoperfusé (mL)", "Hypoperfused volume (mL)", "低灌注体积（毫升）"),
    "mismatch_ratio": ("Rapport de mismatch", "Mismatch ratio", "不匹配比值"),
    "site.IPH": ("intraparenchymateux", "intraparenchymal", "脑实质内"),
    "site.IVH": ("intraventriculaire", "intraventricular", "脑室内"),
    "site.SAH": ("sous-arachnoïdien", "subarachnoid", "蛛网膜下腔"),
    "site.SDH": ("sous-dural", "subdural", "硬膜下"),
    "site.EDH": ("extradural", "epidural", "硬膜外"),
    "side.left": ("gauche", "left", "左侧"),
    "side.right": ("droite", "right", "右侧"),
    "side.midline": ("ligne médiane", "midline", "中线"),
    "side.bilateral": ("bilatéral", "both sides", "双侧"),
    "side.unknown": ("inconnu", "unknown", "未知"),
    "territory.aca": ("artère cérébrale antérieure", "anterior cerebral artery", "大脑前动脉"),
    "territory.mca": ("artère cérébrale moyenne", "middle cerebral artery", "大脑中动脉"),
    "territory.pca": ("artère cérébrale postérieure", "posterior cerebral artery", "大脑后动脉"),
    "territory.vertebrobasilar": ("vertébro-basilaire", "vertebrobasilar", "椎基底动脉"),
    "territory.lacunar": ("lacunaire", "lacunar", "腔隙性"),
    "territory.watershed": ("jonctionnel", "watershed", "分水岭"),
    "occlusion.none": ("aucune", "none", "无"),
    "occlusion.ica_cervical": ("carotide interne cervicale", "cervical internal carotid", "颈内动脉颈段"),
    "occlusion.ica_terminal": ("terminaison carotidienne", "internal carotid terminus", "颈内动脉末端"),
    "occlusion.m1": ("M1", "M1", "M1"),
    "occlusion.m2": ("M2", "M2", "M2"),
    "occlusion.aca": ("artère cérébrale antérieure", "anterior cerebral artery", "大脑前动脉"),
    "occlusion.pca": ("artère cérébrale postérieure", "posterior cerebral artery", "大脑后动脉"),
    "occlusion.basilar": ("tronc basilaire", "basilar artery", "基底动脉"),
    "occlusion.vertebral": ("artère vertébrale", "vertebral artery", "椎动脉"),
    "occlusion.tandem": ("tandem", "tandem", "串联闭塞"),
    "recommendations": ("Recommandation", "Recommendation", "处理建议"),
    "recommendation.thrombolysis": ("thrombolyse intraveineuse", "intravenous thrombolysis", "静脉溶栓"),
    "recommendation.thrombectomy_transfer": (
        "transfert pour thrombectomie mécanique",
        "transfer for mechanical thrombectomy",
        "转院行机械取栓",
    ),
    "recommendation.neurosurgery": ("avis neurochirurgical", "neurosurgery", "神经外科会诊"),
    "recommendation.stroke_unit": ("unité neuro-vasculaire", "stroke unit", "收入卒中单元"),
    "recommendation.repeat_imaging": ("imagerie à répéter", "repeat imaging", "复查影像"),
    "recommendation.no_stroke": ("pas d'argument pour un AVC", "no sign of a stroke", "无卒中征象"),
    "recommendation.other": ("autre (voir conclusion)", "other (see conclusion)", "其他（见结论）"),
    "conclusion": ("Conclusion", "Conclusion", "结论"),
    "critical_call": (
        "Résultat critique transmis par téléphone",
        "Critical result told by telephone",
        "危急值电话通知",
    ),
    "told": ("à", "to", "通知"),
    "read_back": ("relu par l'interlocuteur", "read back", "已复述确认"),
    "not_read_back": ("non relu", "not read back", "未复述确认"),
    "ai": ("Propositions de l'IA", "AI suggestions", "人工智能建议"),
    "ai_models": ("Modèles", "Models", "模型"),
    "ai_suggested": ("Proposé", "Suggested", "建议值"),
    "ai_signed": ("Signé", "Signed", "签署值"),
    "ai_note": (
        (
            "Chaque proposition a été confirmée ou modifiée une à une par le signataire. "
            "L'absence de proposition n'est pas un résultat négatif."
        ),
        (
            "Each suggestion was confirmed or changed, one by one, by the signer. "
            "Where nothing was suggested, nothing is ruled out."
        ),
        "每项建议均由签署者逐项确认或修改。没有建议并不表示阴性结果。",
    ),
    "ai_none": (
        "Aucune proposition d'un modèle n'a servi à cet avis.",
        "No model's suggestion went into this opinion.",
        "本意见未采用任何模型的建议。",
    ),
    "versions": ("Versions signées", "Signed versions", "已签署的版本"),
    "why": ("Motif", "Reason", "原因"),
    "key_images": ("Images clés", "Key images", "关键图像"),
    "key_images_note": (
        "Contours proposés par l'IA ; le texte signé prévaut.",
        "Outlines suggested by AI; the signed text prevails.",
        "轮廓由人工智能建议；以签署的文字为准。",
    ),
    "decimal": (",", ".", "."),
    "page": ("page", "page", "页"),
}


def words(language: str) -> dict[str, str]:
    """Every word in one of `review_ui.printed_words.LANGUAGES`."""
    return in_language(language, _WORDS)
