import type { Mail } from '../../../ports/mailer.ts';

// The mails to members. They name nobody: strangers choose their own names, and may choose other people's addresses.

export function resetLink(to: string, url: string): Mail {
  return {
    to,
    subject: 'Set a new password for Polylogue',
    text: paragraphs(
      'Somebody, probably you, has asked for a new password for your Polylogue account. This link sets it:',
      url,
      'It is good once, for an hour. If you did not ask for it, ignore this mail: nothing has changed.',
    ),
  };
}

export function linkMade(to: string): Mail {
  return {
    to,
    subject: 'An admin made a link to set your Polylogue password',
    text: paragraphs(
      'An admin of your Polylogue server has made a link with which a new password can be set for your account. It is good once, for 24 hours.',
      'If you did not ask for it, ask your admins what it is for.',
    ),
  };
}

export function passwordReset(to: string): Mail {
  return {
    to,
    subject: 'Your Polylogue password was changed',
    text: paragraphs(
      'A new password was set for your Polylogue account with a link, and all of its sessions were ended.',
      'If this was not you, tell an admin of your server at once.',
    ),
  };
}

export function confirmation(to: string, url: string): Mail {
  return {
    to,
    subject: 'Confirm your e-mail address for Polylogue',
    text: paragraphs(
      'Somebody, probably you, has given this e-mail address to a Polylogue server. This link confirms it:',
      url,
      'It is good for 24 hours. If this was not you, ignore this mail.',
    ),
  };
}

export function alreadyMember(to: string, url: string): Mail {
  return {
    to,
    subject: 'You have a Polylogue account already',
    text: paragraphs(
      'Somebody, probably you, wanted to make a Polylogue account with this e-mail address, which has one already. Sign in here:',
      `${url}/sign-in`,
      'If this was not you, ignore this mail: nothing has changed.',
    ),
  };
}

export function changeAsked(to: string): Mail {
  return {
    to,
    subject: 'Somebody asked for another e-mail address for your Polylogue account',
    text: paragraphs(
      'Somebody, probably you, has asked to change the e-mail address of your Polylogue account. Nothing has changed yet: the new address must be confirmed within 24 hours.',
      'If this was not you, somebody knows your password. Change it now, which stops this, and sign out everywhere. If you cannot sign in any more, tell an admin of your server at once.',
    ),
  };
}

export function addressChanged(to: string): Mail {
  return {
    to,
    subject: 'Your Polylogue account has another e-mail address now',
    text: paragraphs(
      'The e-mail address of your Polylogue account was changed. This one is no longer used.',
      'If this was not you, tell an admin of your server at once.',
    ),
  };
}

function paragraphs(...texts: string[]): string {
  return `${texts.join('\n\n')}\n`;
}
