// ISO weeks as text, `2026-W10`, and days as text, `2026-03-02`. Text sorts as time does, and has no time zone.

const WEEK = /^(\d{4})-W(\d{2})$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Working days in a week. */
export const WORKDAYS = 5;

function toDate(day) {
  return new Date(`${day}T00:00:00Z`);
}

function toDay(date) {
  return date.toISOString().slice(0, 10);
}

/** Monday of the first week of a year: the week that holds the fourth of January. */
function firstMonday(year) {
  const fourth = new Date(Date.UTC(year, 0, 4));
  const weekday = (fourth.getUTCDay() + 6) % 7;
  return new Date(fourth.getTime() - weekday * DAY_MS);
}

/** How many weeks a year has: 52 or 53. */
export function weeksOfYear(year) {
  return Math.round((firstMonday(year + 1) - firstMonday(year)) / (7 * DAY_MS));
}

/** Whether a text is a week that exists: `2026-W53` is one, `2027-W53` is not. */
export function isWeek(text) {
  const match = WEEK.exec(text);
  if (!match) return false;
  const number = Number(match[2]);
  return number >= 1 && number <= weeksOfYear(Number(match[1]));
}

/** Whether a text is a day that exists. */
export function isDay(text) {
  if (!DAY.test(text)) return false;
  const date = toDate(text);
  return !Number.isNaN(date.getTime()) && toDay(date) === text;
}

/** Monday to Friday of a week, as days. */
export function workdays(week) {
  const [, year, number] = WEEK.exec(week);
  const monday = firstMonday(Number(year)).getTime() + (Number(number) - 1) * 7 * DAY_MS;
  return Array.from({length: WORKDAYS}, (_, index) => toDay(new Date(monday + index * DAY_MS)));
}

/** The week in which a day lies. */
export function weekOf(day) {
  const date = toDate(day);
  const weekday = (date.getUTCDay() + 6) % 7;
  const thursday = new Date(date.getTime() + (3 - weekday) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const number = Math.floor((thursday - firstMonday(year)) / (7 * DAY_MS)) + 1;
  return `${year}-W${String(number).padStart(2, '0')}`;
}

/** Whether a week lies between two others, both included; `null` is open. */
export function holdsIn(week, from, to) {
  return (from === null || from <= week) && (to === null || week <= to);
}

/** Those working days of a week that lie between two days, both included. */
export function workdaysBetween(week, from, to) {
  return workdays(week).filter((day) => from <= day && day <= to);
}
