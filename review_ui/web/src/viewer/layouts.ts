/** How many panes, and which series hangs in each. */
import type { CaseDetail } from '../api/types';
import { isPrior } from '../case/prior';
import { openFirst, type Readable, readable } from './choice';

export interface Layout {
  name: string;
  rows: number;
  columns: number;
}

export const LAYOUTS: readonly Layout[] = [
  { name: '1x1', rows: 1, columns: 1 },
  { name: '1x2', rows: 1, columns: 2 },
  { name: '1x3', rows: 1, columns: 3 },
  { name: '2x1', rows: 2, columns: 1 },
  { name: '2x2', rows: 2, columns: 2 },
  { name: '2x3', rows: 2, columns: 3 },
];

export interface Hanging {
  layout: Layout;
  hung: readonly (Readable | undefined)[]; // one per pane
}

/** What an expert wants at opening: a layout, and a role for each pane. */
export interface Habit {
  layout: string;
  roles: readonly string[];
}

export const layoutNamed = (name: string): Layout => LAYOUTS.find((layout) => layout.name === name) ?? LAYOUTS[0]!;

export const panesOf = ({ rows, columns }: Layout): number => rows * columns;

const ORDER = ['ncct', 'cta', 'dwi', 'adc', 'flair', 't2star', 'swi', 'mra', 'ctp', 't1', 't2', 'pwi'];
const READ_TOGETHER = new Set(['ncct', 'cta', 'dwi', 'adc', 'flair', 't2star', 'swi', 'mra']);

/** MR or CT: a habit is kept for each, as they hang differently. */
export function kindOf(choices: readonly Readable[]): 'CT' | 'MR' {
  return choices.some(({ series }) => series.modality === 'MR') ? 'MR' : 'CT';
}

export function hang(detail: CaseDetail, habit: Habit | undefined, small: boolean): Hanging {
  const choices = readable(detail);
  const first = openFirst(choices.filter(({ study }) => !isPrior(study, detail))) ?? openFirst(choices);
  if (small || !first) return { layout: LAYOUTS[0]!, hung: [first] };
  if (habit) return byHabit(detail, choices, habit, first);
  const together = onePerRole(detail, choices, first);
  const layout = smallest(together.length);
  return { layout, hung: together.slice(0, panesOf(layout)) };
}

/** The series to open first, then one of each role that is read beside it, then the prior of the same role. */
function onePerRole(detail: CaseDetail, choices: readonly Readable[], first: Readable): Readable[] {
  const current = choices.filter(({ study }) => !isPrior(study, detail));
  const roles = ORDER.filter((role) => READ_TOGETHER.has(role) && role !== first.series.role);
  const beside = roles.flatMap((role) => fullest(current.filter(({ series }) => series.role === role)) ?? []);
  const earlier = fullest(choices.filter(({ study, series }) => isPrior(study, detail) && series.role === first.series.role));
  return [first, ...beside.filter(({ series }) => series.id !== first.series.id), ...(earlier ? [earlier] : [])];
}

function byHabit(detail: CaseDetail, choices: readonly Readable[], habit: Habit, first: Readable): Hanging {
  const layout = layoutNamed(habit.layout);
  const left = new Set(choices);
  const hung = Array.from({ length: panesOf(layout) }, (_, at) => {
    const wanted = fullest([...left].filter((one) => roleIn(one, detail) === habit.roles[at]));
    if (wanted) left.delete(wanted);
    return wanted;
  });
  return { layout, hung: hung.some(Boolean) ? hung : [first] };
}

/** The role by which a habit names a series: a prior is another thing than a current one. */
export function roleIn({ study, series }: Readable, detail: CaseDetail): string {
  return isPrior(study, detail) ? `prior ${series.role}` : series.role;
}

const fullest = (choices: readonly Readable[]): Readable | undefined =>
  [...choices].sort((a, b) => b.series.images - a.series.images)[0];

function smallest(count: number): Layout {
  const wide = ['1x1', '1x2', '1x3', '2x2', '2x3'].map(layoutNamed);
  return wide.find((layout) => panesOf(layout) >= count) ?? wide.at(-1)!;
}
