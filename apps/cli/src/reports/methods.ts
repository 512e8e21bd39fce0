import type { Component } from '@coxswain/projections';
import { percent, UNKNOWN } from '../words.js';

/** How the methods of the forecast, and how far they were off, are named in every report. */

export const METHODS: Readonly<Record<Component | 'blend', string>> = {
  blend: 'blend',
  'moving-average': 'moving average (naive)',
  'same-season': 'same month of the quarter',
  pipeline: 'pipeline by time in stage',
  'pipeline-corrected': 'pipeline, corrected by its record',
  landmark: 'landmark table (not blended)',
};

export const sharesOff = (of: number | null): string => (of === null ? UNKNOWN : percent(of));
export const signedShare = (of: number | null): string =>
  of === null ? UNKNOWN : `${of > 0 ? '+' : ''}${(100 * of).toFixed(1)} %`;
