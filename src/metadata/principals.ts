/** The text of `super.users`: principals as TYPE:NAME, separated by semicolons, for names of certificates have commas. */

/** Empty text is no principal. Spaces around one are no part of it. */
export function splitPrincipals(text: string): string[] {
  const parts = text.split(';').map((part) => part.trim());
  return parts.filter((part) => part !== '');
}

/** Null, or what the text should be, as the end of "it takes …". */
export function checkPrincipals(text: string): string | null {
  const wrong = splitPrincipals(text).some((principal) => !/^[^:]+:./.test(principal));
  return wrong ? 'principals such as User:alice, separated by semicolons' : null;
}
