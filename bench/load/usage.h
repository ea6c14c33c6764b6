/*
 * What processes have used, as Linux tells it.
 */
#ifndef USAGE_H
#define USAGE_H

/* Seconds of processor time of a process and all its threads; 0 when it is not there. */
double usage_cpu(int pid);
/* Seconds for which the threads of a process were ready to run, and another had the processor. */
double usage_waited(int pid);
/* Resident bytes of a process. */
double usage_resident(int pid);

#endif
