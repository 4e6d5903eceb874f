import { describe, expect, it } from 'vitest';
import { elsewhere, ofDash, ofElement, ofFlv, ofHls, passing, pauseBefore } from './failure';

describe('reasons', () => {
  it.each([
    [ofDash(25, 'x'), 'network'],
    [ofDash(34, 'x'), 'format'],
    [ofDash(20, 'x'), 'network'],
    [ofElement(2, 'x'), 'network'],
    [ofElement(3, 'x'), 'decode'],
    [ofElement(4, 'x'), 'unopened'],
    [ofElement(99, 'x'), 'network'],
    [ofHls('networkError', 'manifestLoadError', 404), 'offline'],
    [ofHls('networkError', 'manifestLoadError', 503), 'network'],
    [ofHls('networkError', 'levelEmptyError'), 'offline'],
    [ofHls('mediaError', 'bufferAddCodecError'), 'format'],
    [ofHls('mediaError', 'bufferAppendError'), 'decode'],
    [ofHls('otherError', 'internalException'), 'network'],
    [ofFlv('NetworkError', 'HttpStatusCodeInvalid', 404), 'offline'],
    [ofFlv('NetworkError', 'HttpStatusCodeInvalid', 500), 'network'],
    [ofFlv('NetworkError', 'UnrecoverableEarlyEof'), 'network'],
    [ofFlv('MediaError', 'CodecUnsupported'), 'format'],
    [ofFlv('MediaError', 'FormatUnsupported'), 'format'],
    [ofFlv('MediaError', 'MediaMSEError'), 'decode'],
  ] as const)('%j', (failure, reason) => {
    expect(failure.reason).toBe(reason);
  });

  it('keeps what a person asking for help will be asked for', () => {
    expect(ofFlv('NetworkError', 'HttpStatusCodeInvalid', 500).detail).toBe('HttpStatusCodeInvalid 500');
  });

  it('what a browser cannot do is not tried again', () => {
    const again = (['network', 'decode', 'format', 'unopened', 'no_flv', 'no_dash', 'offline'] as const).filter((reason) =>
      passing({ reason, detail: '' }),
    );
    expect(again).toEqual(['network', 'decode', 'offline']);
  });
});

describe('pauseBefore', () => {
  it.each([
    [0, 500, 1000],
    [1, 1000, 2000],
    [3, 4000, 8000],
    [4, 7500, 15_000],
    [60, 7500, 15_000],
  ])('try %i: between %i and %i ms', (tries, low, high) => {
    expect(pauseBefore(tries, () => 0)).toBe(low);
    expect(pauseBefore(tries, () => 1)).toBe(high);
  });
});

it('only what could not be fetched may come from elsewhere', () => {
  const reasons = (['network', 'unopened', 'decode', 'format', 'offline'] as const).map((reason) => elsewhere({ reason, detail: '' }));
  expect(reasons).toEqual([true, true, false, false, false]);
});
