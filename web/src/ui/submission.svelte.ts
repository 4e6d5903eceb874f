import { asApiError, type ApiError } from '../api/problem';
import { errorText, fieldText } from '../text/errors';

/**
 * One form being sent: busy while it is under way, the error after it failed.
 * What was typed is the form's own and is never touched here.
 */
export class Submission {
  busy = $state(false);
  error = $state.raw<ApiError | null>(null);

  /** Runs a send; a second one while the first is under way does nothing. */
  async run(send: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      await send();
    } catch (e) {
      this.error = asApiError(e);
    } finally {
      this.busy = false;
    }
  }

  /** Words for one field, empty when it is right. */
  field = (name: string): string => fieldText(this.error?.fields[name]);

  /** Words for the whole form, empty when one of the drawn fields shows the error already. */
  summary(drawn: readonly string[]): string {
    if (!this.error || drawn.some((name) => this.error?.fields[name])) return '';
    return errorText(this.error);
  }
}
