/**
 * The house itself, in place of a user's id: of a response that it asks for in nobody's name, and pays from an account of
 * its own. No user has this id.
 */
export const HOUSE = 'house';
