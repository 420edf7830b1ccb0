/** Begins with what takes longest: who is signed in, the case asked for and the decoder; the page's code comes meanwhile. */
import { ask } from './api/early';
import { pool } from './decoding/pool';
import './app.css';

const ROOT = '/api/v1';
const [, id] = /^\/cases\/([^/]+)\/?$/.exec(location.pathname) ?? [];

ask(`${ROOT}/session`);
if (id) ask(`${ROOT}/cases/${id}`);
if (id) pool.warm();
void import('./page').then(({ show }) => show(document.getElementById('app')!));
