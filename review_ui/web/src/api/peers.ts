/** DICOM peers, as the server's JSON has them. */
import { get, post, put, remove } from './http';

export const SERVICES = ['store', 'query', 'retrieve', 'commitment', 'procedure', 'worklist'] as const;
export type Service = (typeof SERVICES)[number];

export interface Seen {
  seen_at: string | null;
  images_today: number;
  bytes_today: number;
  refused_at: string | null;
  refusal: string; // a code; why is the sentence of the log
  why: string;
}

/** What an administrator says of a peer; zero and empty set no rule. */
export interface PeerRules {
  site: string;
  ae_title: string;
  host: string;
  port: number;
  enabled: boolean;
  networks: string[];
  certificates: string[];
  called_ae_title: string;
  services: Service[];
  images_per_second: number;
  bytes_a_day: number;
  associations: number;
  username: string;
  tls: boolean;
}

export interface Peer extends PeerRules {
  id: string;
  has_passcode: boolean;
  seen: Seen;
  clock: { ahead_s: number; series: number; large: boolean } | null;
}

export interface Stranger {
  ae_title: string;
  host: string;
  seen: Seen;
}

export interface PeersAnswer {
  peers: Peer[];
  strangers: Stranger[];
}

export interface Step {
  name: string;
  ok: boolean | null; // null: does not apply
  code: string;
  says: string;
  values: Record<string, string>;
}

/** `passcode` is left out to keep the one there is, empty to have none. */
export type PeerSent = PeerRules & { passcode?: string };

const id = encodeURIComponent;

export const readPeers = (): Promise<PeersAnswer> => get('/peers');
export const addPeer = (sent: PeerSent): Promise<Peer> => post('/peers', sent);
export const changePeer = (peer: string, sent: PeerSent): Promise<Peer> => put(`/peers/${id(peer)}`, sent);
export const forgetPeer = (peer: string): Promise<void> => remove(`/peers/${id(peer)}`);
export const testPeer = (peer: string, study: boolean): Promise<Step[]> => post(`/peers/${id(peer)}/test?study=${study}`);

export function rulesOf({ id: _, has_passcode: __, seen: ___, clock: ____, ...rules }: Peer): PeerRules {
  return rules;
}

export const NEW_PEER: PeerRules = {
  site: '',
  ae_title: '',
  host: '',
  port: 104,
  enabled: true,
  networks: [],
  certificates: [],
  called_ae_title: '',
  services: [...SERVICES],
  images_per_second: 0,
  bytes_a_day: 0,
  associations: 0,
  username: '',
  tls: false,
};
