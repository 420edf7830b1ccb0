/** Who asks for opinions: hospitals, and whoever writes down what they say on the telephone; the server decides. */
import type { Account } from './api/types';

export const mayAsk = (account: Account): boolean => account.role !== 'administrator';

/** Who takes settled cases off the worklist. */
export const mayClose = (account: Account): boolean => account.role === 'expert' || account.role === 'coordinator';

/** Who takes cases and refuses calls. */
export const mayTake = (account: Account): boolean => account.role === 'expert';

/** Who names the expert who is to have a case. */
export const mayHand = (account: Account): boolean => account.role === 'coordinator';

/** Who lets an administrator see images for a while. */
export const mayGrant = (account: Account): boolean => account.role === 'coordinator' || account.role === 'administrator';
