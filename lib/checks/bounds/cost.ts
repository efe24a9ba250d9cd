/** Hours of a month, as AWS counts them in its estimates. */
export const HOURS_A_MONTH = 730;

/** Dollars an hour from which it is worth a thought whether an instance has to run at night. */
export const DEAR_USD_AN_HOUR = 1;

/** Dollars a month, with as many instances as there may be, from which an endpoint has a budget beside it. */
export const BUDGET_FROM_USD_A_MONTH = 20_000;

/** Memory of functions that is kept ready day and night, in GiB, from which it should follow the traffic. */
export const READY_MEMORY_GIB = 10;
