import { describe, expect, it } from 'vitest';
import { formatDuration, parseGoDuration } from '../../shared/net/duration.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('a duration as Go writes it', () => {
  it.each([
    ['10m', 10 * MINUTE],
    ['5m30s', 5 * MINUTE + 30 * SECOND],
    ['1.5h', 90 * MINUTE],
    ['1h15m30.918s', HOUR + 15 * MINUTE + 30_918],
    ['300ms', 300],
    ['0s', 0],
    ['0h0m0s', 0],
    ['48h', 48 * HOUR],
    ['87600h', 87_600 * HOUR],
    ['1m1m', 2 * MINUTE],
    ['1s1h', HOUR + SECOND],
    ['010m', 10 * MINUTE],
    ['1.m', MINUTE],
    ['0.57s', 570],
    ['1.005s', 1_005],
    ['1500us', 1],
    ['1500\u00b5s', 1],
    ['1500\u03bcs', 1],
    ['999999ns', 0],
    ['1000000ns', 1],
    ['1s'.repeat(50), 50 * SECOND],
  ])('%s is %d ms', (text, ms) => {
    expect(parseGoDuration(text)).toBe(ms);
  });

  it.each([
    ['', 'empty'],
    [' ', 'blank'],
    ['-10m', 'negative'],
    ['+10m', 'signed'],
    ['10', 'a bare number'],
    ['0', 'a bare zero, which Go lets pass'],
    ['1.5', 'a bare number'],
    ['m', 'a unit alone'],
    ['.m', 'a point alone'],
    ['10m ', 'followed by a blank'],
    [' 10m', 'led by a blank'],
    ['10m5', 'followed by a bare number'],
    ['10mx', 'followed by junk'],
    ['10m\n', 'followed by a new line'],
    ['10 m', 'torn apart'],
    ['1d', 'in days'],
    ['1w', 'in weeks'],
    ['10M', 'in capitals'],
    ['1,5h', 'with a comma'],
    ['1.5.5h', 'with two points'],
    ['1e3s', 'with an exponent'],
    ['0x10s', 'in hexadecimal'],
    ['٣m', 'in other digits'],
    ['NaNs', 'not a number'],
    ['Infinityh', 'without end'],
    ['99999999999999999999h', 'longer than can be counted'],
    [`${'1s'.repeat(51)}`, 'longer than anybody writes'],
    ['Follow', 'a word'],
  ])('%j is none: %s', (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });

  it.each([
    [0, '0s'],
    [1, '1ms'],
    [999, '999ms'],
    [SECOND, '1s'],
    [90 * MINUTE, '1h30m'],
    [48 * HOUR, '48h'],
    [HOUR + 1, '1h1ms'],
    [HOUR + MINUTE + SECOND + 1, '1h1m1s1ms'],
  ])('%d ms is written %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
