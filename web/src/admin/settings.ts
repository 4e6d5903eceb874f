import { t } from '../text/text.svelte';

/** A setting in the person's language; one this page does not know has its key. */
export function settingName(key: string): string {
  switch (key) {
    case 'announcement':
      return t('admin.setting_announcement');
    case 'chat-retention':
      return t('admin.setting_chat_retention');
    case 'room-quota':
      return t('admin.setting_room_quota');
    case 'signup':
      return t('admin.setting_signup');
  }
  return key;
}
