/** The rota as this page knows it: everything is read again after every change. */
import {
  readAbsences,
  readDuties,
  readExchanges,
  readExperts,
  readGaps,
  readNeeds,
  readSites,
  type Absence,
  type Duty,
  type Exchange,
  type Expert,
  type Gap,
  type Skill,
} from '../api/rota';
import type { Account } from '../api/types';
import { errorText, standingOf } from '../errors';
import { daysOn, mondayOf, weekOf } from './week';

export class Rota {
  monday = $state.raw<Date>(mondayOf(new Date()));
  experts = $state.raw<Expert[]>([]);
  duties = $state.raw<Duty[]>([]);
  gaps = $state.raw<Gap[]>([]);
  needs = $state.raw<Record<string, Skill[]>>({});
  absences = $state.raw<Absence[]>([]);
  exchanges = $state.raw<Exchange[]>([]);
  sites = $state.raw<{ id: string; name: string }[]>([]);
  loaded = $state(false);
  busy = $state(false);
  problem = $state('');
  standing = $state.raw<unknown>(); // somebody else's change of what was last changed here

  readonly keeps: boolean; // may change it all; others see it, and exchange what is theirs

  constructor(readonly account: Account) {
    this.keeps = account.role === 'coordinator' || account.role === 'administrator';
  }

  /** Who is on duty for something: those of whom somebody has said what for. */
  get able(): Expert[] {
    return this.experts.filter((one) => one.centre !== null);
  }

  siteName(id: string): string {
    return this.sites.find((site) => site.id === id)?.name ?? id;
  }

  async read(): Promise<void> {
    try {
      const week = readDuties(weekOf(this.monday));
      const rest = [readExperts(), readGaps(), readNeeds(), readAbsences(), readExchanges(), readSites()] as const;
      [this.experts, this.gaps, this.needs, this.absences, this.exchanges, this.sites] = await Promise.all(rest);
      this.duties = await week;
      this.loaded = true;
      this.problem = '';
    } catch (error) {
      this.problem = errorText(error);
    }
  }

  async turn(weeks: number | 'today'): Promise<void> {
    this.monday = weeks === 'today' ? mondayOf(new Date()) : daysOn(this.monday, 7 * weeks);
    await this.read();
  }

  async show(at: string): Promise<void> {
    this.monday = mondayOf(new Date(at));
    await this.read();
  }

  /** Changes something and reads everything again; false where it was refused, which is then said. */
  async change(act: () => Promise<unknown>): Promise<boolean> {
    this.busy = true;
    this.standing = undefined;
    try {
      await act();
      await this.read();
      return true;
    } catch (error) {
      const standing = standingOf(error);
      if (standing !== undefined) await this.read();
      this.standing = standing;
      this.problem = errorText(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
