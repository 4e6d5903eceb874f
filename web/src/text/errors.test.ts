import { expect, it } from 'vitest';
import { ApiError, problemToError } from '../api/problem';
import en from './en.json';
import { errorText, fieldText } from './errors';
import { hasText } from './text.svelte';

// Every code the server may answer with has words in both languages (zh is
// compared with en elsewhere).
const CODES = `validation malformed_body not_signed_in session_expired wrong_credentials name_taken name_invalid
  password_too_short user_banned user_pending signup_closed room_not_found room_password_wrong room_password_required
  room_closed room_full guests_not_allowed not_a_member member_banned member_pending permission_missing item_not_found
  source_unsupported library_forbidden library_not_found path_invalid playback_conflict nothing_to_play message_empty
  message_too_long too_fast body_too_large key_not_found stream_offline unavailable internal not_found cross_origin chat_off slow_mode message_not_found message_deleted edit_too_late
  reactions_full danmaku_off danmaku_not_found playlist_full creator_stays already_guest
  too_many_attempts wrong_password session_not_found owns_rooms token_limit admin_required root_required target_protected
  root_stays conflict member_not_found user_not_found field_required field_too_long field_too_short field_invalid field_out_of_range
  field_unknown`;

it.each(CODES.split(/\s+/))('%s has words', (code) => expect(en).toHaveProperty([`error.${code}`]));

it('falls back to what the server said', () => {
  expect(hasText('error.brand_new')).toBe(false);
  expect(errorText(problemToError(400, { code: 'brand_new', detail: 'Words.' }))).toBe('Words.');
  expect(errorText(new ApiError(0, 'network', '', ''))).toBe('error.network');
  expect(errorText(new ApiError(500, 'internal', '', ''))).toBe('error.unknown');
});

it('says how long to wait', () => {
  expect(errorText(problemToError(429, { detail: 'Slow.', retry_after_s: 2.2 }))).toBe('Slow. error.wait_s');
});

it('has nothing to say about a field that is right', () => {
  expect(fieldText(undefined)).toBe('');
  expect(fieldText({ code: 'odd', message: 'Odd.' })).toBe('Odd.');
});
