/* Stands in for libnvidia-ml.so.1. FAKE_NVML names the machine; NO_FIGURES leaves the symbols of an old driver out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS = 0, UNINITIALIZED = 1, NOT_SUPPORTED = 3, NOT_FOUND = 6, TOO_SMALL = 7, DRIVER_NOT_LOADED = 9, GPU_IS_LOST = 15, MISMATCH = 18, MIB = 1 << 20 };

typedef struct { unsigned index; } Device;
typedef struct { unsigned gpu, memory; } Utilisation;
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned pid; unsigned long long memory; unsigned instance, part; } Process;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } Memory2;

static Device devices[3] = {{0}, {1}, {2}};
static int is_open = 0;

static int machine(const char *name) {
    const char *now = getenv("FAKE_NVML");
    return now && strcmp(now, name) == 0;
}

/* What a device answers to any question about figures. */
static int state(Device *device) {
    if (!is_open) return UNINITIALIZED;
    if (machine("all lost") || (machine("one lost") && device->index == 1)) return GPU_IS_LOST;
    return SUCCESS;
}

int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    if (machine("no driver")) return DRIVER_NOT_LOADED;
    if (machine("mismatch")) return MISMATCH;
    is_open = 1;
    return SUCCESS;
}

int nvmlShutdown(void) {
    is_open = 0;
    return SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
    *count = machine("no gpu") ? 0 : 2;
    return is_open ? SUCCESS : UNINITIALIZED;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, Device **device) {
    *device = &devices[index];
    return SUCCESS;
}

int nvmlDeviceGetName(Device *device, char *name, unsigned length) {
    if (machine("bad name")) snprintf(name, length, "\xff\xfe");
    else snprintf(name, length, device->index == 2 ? "MIG 1g.10gb" : device->index ? "Unified GPU" : "Fake H100");
    return state(device);
}

#ifndef NO_FIGURES
int nvmlDeviceGetUtilizationRates(Device *device, Utilisation *rates) {
    rates->gpu = device->index ? 5 : 73;
    return state(device);
}

int nvmlDeviceGetMemoryInfo(Device *device, Memory *memory) {
    memory->total = 80000ull * MIB;
    memory->used = 20600ull * MIB;
    return device->index ? NOT_SUPPORTED : state(device);
}

#ifndef OLD_MEMORY
int nvmlDeviceGetMemoryInfo_v2(Device *device, Memory2 *memory) {
    memory->total = 80000ull * MIB;
    memory->reserved = 600ull * MIB;
    memory->used = 20000ull * MIB;
    return device->index == 1 ? NOT_SUPPORTED : state(device);
}
#endif

int nvmlDeviceGetTemperature(Device *device, int sensor, unsigned *celsius) {
    (void)sensor;
    *celsius = 61;
    return device->index ? NOT_SUPPORTED : state(device);
}

int nvmlDeviceGetPowerUsage(Device *device, unsigned *milliwatts) {
    *milliwatts = 412500;
    return device->index ? NOT_SUPPORTED : state(device);
}

int nvmlDeviceGetEnforcedPowerLimit(Device *device, unsigned *milliwatts) {
    *milliwatts = 700000;
    return device->index ? NOT_SUPPORTED : state(device);
}

int nvmlDeviceGetClockInfo(Device *device, int clock, unsigned *megahertz) {
    *megahertz = clock == 2 ? 2619 : 1755;
    return device->index ? NOT_SUPPORTED : state(device);
}

int nvmlDeviceGetMaxClockInfo(Device *device, int clock, unsigned *megahertz) {
    *megahertz = clock == 2 ? 2619 : 1980;
    return device->index ? NOT_SUPPORTED : state(device);
}

int nvmlDeviceGetTotalEccErrors(Device *device, int type, int counter, unsigned long long *count) {
    *count = type == 1 && counter == 0 ? 3 : 0;
    return device->index ? NOT_SUPPORTED : state(device);
}

int nvmlDeviceGetCurrentClocksThrottleReasons(Device *device, unsigned long long *reasons) {
    *reasons = 0x1 | 0x4 | 0x20; /* idle, power limit, too hot */
    return device->index ? NOT_SUPPORTED : state(device);
}

int nvmlDeviceGetMigMode(Device *device, unsigned *current, unsigned *pending) {
    *current = *pending = machine("divided");
    return device->index ? NOT_SUPPORTED : state(device);
}

int nvmlDeviceGetMaxMigDeviceCount(Device *device, unsigned *count) {
    *count = 7;
    return state(device);
}

int nvmlDeviceGetMigDeviceHandleByIndex(Device *device, unsigned place, Device **part) {
    *part = &devices[2];
    return place ? NOT_FOUND : state(device);
}

int nvmlDeviceGetComputeRunningProcesses_v3(Device *device, unsigned *count, Process *processes) {
    if (device->index || machine("divided")) return NOT_SUPPORTED;
    if (*count < 2) { *count = 2; return TOO_SMALL; }
    *count = 2;
    processes[0] = (Process){(unsigned)getpid(), 500ull * MIB, 0, 0};
    processes[1] = (Process){4294967295u, 18000ull * MIB, 0, 0};
    return state(device);
}
#endif
