/** The colours to choose from for one's avatar: the server's own eight, and four more. */
export const COLORS = [
  '#4f7cac', '#8b5fbf', '#b0566c', '#3f8f7b', '#a8743a', '#5a67c4', '#7d8a3c', '#a65aa0', '#c0504d', '#2f8fb5', '#6b7280', '#c58a1b'
];
