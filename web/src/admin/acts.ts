import type { User } from '../api/types';

export type Act = 'approve' | 'ban' | 'unban' | 'make_admin' | 'make_user' | 'reset';

type Actor = Pick<User, 'id' | 'role'>;

/** Whether somebody is a platform admin. */
export const isAdmin = (user: Pick<User, 'role' | 'status'> | null): boolean => !!user && user.role !== 'user' && user.status === 'active';

/**
 * What one admin may do to an account, in the order of the menu. The server
 * decides again; this only keeps buttons away that it would refuse.
 */
export function actsOn(actor: Actor, target: User): Act[] {
  if (target.role === 'root' || target.id === actor.id) return [];
  if (target.role === 'admin' && actor.role !== 'root') return [];
  const acts: Act[] = [];
  if (target.status === 'pending') acts.push('approve');
  acts.push(target.status === 'banned' ? 'unban' : 'ban');
  if (actor.role === 'root') acts.push(target.role === 'admin' ? 'make_user' : 'make_admin');
  acts.push('reset');
  return acts;
}
