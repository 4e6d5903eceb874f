/** In place of the module by which the ASS drawer would ask a font service. */
export const queryRemoteFonts = (): Promise<[]> => Promise.resolve([]);
