/** Figures by site and month, as the server's JSON has them. */
import { address, get } from './http';

export interface Interval {
  cases: number;
  median_min: number;
  p90_min: number;
}

export interface Agreed {
  counts: Record<string, number>;
  sensitivity: number | null;
  positive_predictive_value: number | null;
}

/** One site in one month; site "" is all together. */
export interface Figures {
  site: string;
  month: string;
  cases: number;
  tiers: Record<string, number>;
  intervals: Record<string, Interval>;
  not_analysed: Record<string, number>;
  experts: Record<string, number>;
  haemorrhage: Agreed;
  ischaemia: Agreed;
}

export interface Asked {
  since: string; // days of this browser, YYYY-MM-DD
  until: string;
}

/** From the first midnight of the one day to the last of the other. */
const within = ({ since, until }: Asked): string => {
  const end = new Date(`${until}T00:00`);
  end.setDate(end.getDate() + 1);
  const starts = new Date(`${since}T00:00`).toISOString();
  return `since=${encodeURIComponent(starts)}&until=${encodeURIComponent(end.toISOString())}`;
};

export const readFigures = (asked: Asked): Promise<Figures[]> => get(`/figures?${within(asked)}`);
export const csvAddress = (asked: Asked): string => address(`/figures.csv?${within(asked)}`);
export const jsonAddress = (asked: Asked): string => address(`/figures?${within(asked)}`);
