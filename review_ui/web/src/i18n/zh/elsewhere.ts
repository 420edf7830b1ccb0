import type { elsewhere as english } from '../en/elsewhere';

export const elsewhere: Record<keyof typeof english, string> = {
  'elsewhere.title': '其他系统',
  'elsewhere.open': '在 {viewer} 中打开',
  'elsewhere.look': '查找既往检查',
  'elsewhere.notyet': '尚未向医院影像存档查询既往检查。',
  'elsewhere.looking': '正在从医院影像存档获取既往检查……',
  'elsewhere.again': '医院影像存档没有响应，将再次查询。',
  'elsewhere.givenup': '医院影像存档没有响应，可能缺少既往检查。',
  'elsewhere.nothing': '医院影像存档中没有其他头部既往检查。',
  'elsewhere.fetched.one': '已获取 {n} 次既往检查。',
  'elsewhere.fetched.other': '已获取 {n} 次既往检查。',
  'elsewhere.onlytocompare': '未分析：仅供比较的既往检查',
  'event.opened_elsewhere': '已在其他阅片软件中打开',
  'event.priors_fetched': '已获取既往检查',
};
