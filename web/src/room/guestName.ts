const STORED = 'synctv.guest_name';

/** The name this browser's guest used last, so that it need not be typed for every room. */
export const lastGuestName = (): string => localStorage.getItem(STORED) ?? '';
export const rememberGuestName = (name: string): void => localStorage.setItem(STORED, name);
