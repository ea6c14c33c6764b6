#include "usage.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static FILE *open_of(int pid, const char *name) {
  char path[400];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  return fopen(path, "r");
}

double usage_cpu(int pid) {
  FILE *file = open_of(pid, "stat");
  if (file == NULL) return 0;
  char line[1024];
  char *got = fgets(line, sizeof line, file);
  fclose(file);
  /* The name is in brackets, and may hold anything. */
  char *end = got == NULL ? NULL : strrchr(line, ')');
  unsigned long user, kernel;
  if (end == NULL) return 0;
  if (sscanf(end + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2) return 0;
  return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

double usage_waited(int pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *tasks = opendir(path);
  if (tasks == NULL) return 0;
  double waited = 0;
  for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
    if (task->d_name[0] == '.') continue;
    char name[300];
    snprintf(name, sizeof name, "task/%s/schedstat", task->d_name);
    FILE *file = open_of(pid, name);
    if (file == NULL) continue;
    unsigned long long ran, ready;
    if (fscanf(file, "%llu %llu", &ran, &ready) == 2) waited += (double)ready / 1e9;
    fclose(file);
  }
  closedir(tasks);
  return waited;
}

double usage_resident(int pid) {
  FILE *file = open_of(pid, "statm");
  if (file == NULL) return 0;
  unsigned long pages = 0;
  int got = fscanf(file, "%*u %lu", &pages);
  fclose(file);
  return got == 1 ? (double)pages * (double)sysconf(_SC_PAGESIZE) : 0;
}
