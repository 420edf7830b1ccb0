/** The rota, its calendar files and the set-up, as the server's JSON has them. */
import { address, get, post, put, remove, sendText } from './http';

export const SKILLS = ['diagnostic', 'interventional', 'neurology', 'neurosurgery', 'coordination'] as const;
export type Skill = (typeof SKILLS)[number];
export const MODES = ['at_home', 'on_site'] as const;

export interface Span {
  starts_at: string;
  ends_at: string;
}

export interface Expert {
  id: string;
  name: string;
  role: string;
  centre: string | null; // null: nobody has said yet what for
  skills: Skill[];
  sites: string[];
  languages: string[];
  phone: string;
  email: string;
  revision: number; // what one has seen, and changes
}

export interface Duty extends Span {
  id: string;
  expert: string;
  expert_name: string;
  centre: string;
  skill: Skill;
  rank: number;
  sites: string[];
  mode: (typeof MODES)[number];
  revision: number;
}

export type DutySent = Omit<Duty, 'id' | 'expert_name' | 'revision'>;

export interface Gap extends Span {
  site: string;
  skill: Skill;
  holidays: Record<string, string>;
}

export interface Absence extends Span {
  id: string;
  expert: string;
  expert_name: string;
  why: string;
}

export interface Exchange extends Span {
  id: string;
  duty: string;
  giver: string;
  giver_name: string;
  taker: string;
  taker_name: string;
  state: 'proposed' | 'accepted' | 'declined' | 'withdrawn';
  note: string;
}

export interface Imported {
  applied: boolean;
  made: number;
  changed: number;
  removed: number;
  same: number;
  refused: { entry: string; why: string }[];
}

const id = encodeURIComponent;
const within = ({ starts_at, ends_at }: Span): string => `since=${id(starts_at)}&until=${id(ends_at)}`;

export const readExperts = (): Promise<Expert[]> => get('/rota/experts');
export const saveExpert = (one: Expert): Promise<Expert> =>
  put(`/rota/experts/${id(one.id)}`, {
    centre: one.centre,
    skills: one.skills,
    sites: one.sites,
    languages: one.languages,
    phone: one.phone,
    email: one.email,
    revision: one.revision,
  });

export const readDuties = (span: Span): Promise<Duty[]> => get(`/rota/duties?${within(span)}`);
export const addDuty = (one: DutySent): Promise<Duty> => post('/rota/duties', one);
export const changeDuty = (duty: string, one: DutySent & { revision: number }): Promise<Duty> => put(`/rota/duties/${id(duty)}`, one);
export const removeDuty = (duty: string): Promise<void> => remove(`/rota/duties/${id(duty)}`);

export const readGaps = (): Promise<Gap[]> => get('/rota/gaps?days=42');
export const readNeeds = (): Promise<Record<string, Skill[]>> => get('/rota/needs');
export const saveNeeds = (site: string, skills: Skill[], seen: Skill[]): Promise<Record<string, Skill[]>> =>
  put(`/rota/needs/${id(site)}`, { skills, seen });

export const readAbsences = (): Promise<Absence[]> => get('/rota/absences');
export const addAbsence = (one: Span & { expert?: string; why: string }): Promise<Absence> => post('/rota/absences', one);
export const removeAbsence = (absence: string): Promise<void> => remove(`/rota/absences/${id(absence)}`);

export const readExchanges = (): Promise<Exchange[]> => get('/rota/exchanges');
export const propose = (one: Span & { duty: string; taker: string; note: string }): Promise<Exchange> => post('/rota/exchanges', one);
export const answerExchange = (exchange: string, said: 'accept' | 'decline' | 'withdraw'): Promise<Exchange> =>
  post(`/rota/exchanges/${id(exchange)}/${said}`);

export const calendarAddress = (expert?: string): string => address(`/rota/calendar${expert ? `?expert=${id(expert)}` : ''}`);
export const importCalendar = (text: string, skill: Skill, rank: number, apply: boolean): Promise<Imported> =>
  sendText(`/rota/calendar?apply=${apply}&skill=${skill}&rank=${rank}`, 'text/calendar', text);

export const REGIONS = ['', 'alsace_moselle', 'guadeloupe', 'guyane', 'martinique', 'mayotte', 'reunion'] as const;

export interface SetUp {
  complete: boolean;
  fallback_phone: string;
  site_phones: Record<string, string>;
  public_url: string;
  holiday_region: string;
  revision: number;
}

export const readSetUp = (): Promise<SetUp> => get('/set-up');
export const saveSetUp = ({ complete: _, ...said }: SetUp): Promise<SetUp> => put('/set-up', said);

export const readSites = (): Promise<{ id: string; name: string }[]> => get('/sites');
