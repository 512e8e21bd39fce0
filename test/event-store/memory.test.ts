import { openMemoryStore } from '@coxswain/event-store';
import { storeContract } from './contract.js';

storeContract('memory', async (now) => openMemoryStore({ now }));
