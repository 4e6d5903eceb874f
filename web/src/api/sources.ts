// The server's calls about places that people link to their account.
import { address, request } from './request';

export type LinkedSource = { id: string; kind: 'webdav'; name: string; url: string; created_ms: number };
export type NewSource = { kind: 'webdav'; name?: string; url: string; user?: string; password?: string };
export type SourceFile = { name: string; path: string; folder: boolean; size_bytes: number };

const one = (source: string): string => `/api/me/sources/${encodeURIComponent(source)}`;

export const sources = {
  list: async () => (await request<{ sources: LinkedSource[] | null }>('GET', '/api/me/sources')).sources ?? [],
  link: (source: NewSource) => request<LinkedSource>('POST', '/api/me/sources', source),
  unlink: (source: string) => request<void>('DELETE', one(source)),
  files: async (source: string, path: string) => (await request<{ entries: SourceFile[] | null }>('GET', address(`${one(source)}/files`, { path }))).entries ?? []
};
