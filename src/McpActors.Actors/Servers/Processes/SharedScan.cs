namespace McpActors.Actors.Servers.Processes;

/// <summary>
/// Tables with marks for whoever asks at the same time: a fleet that stops at once looks at /proc a few times, not
/// once for every server. A caller gets a table that was begun after its call.
/// </summary>
internal static class SharedScan
{
    private static readonly Lock s_gate = new();
    private static Task s_running = Task.CompletedTask;
    private static Task<ProcTable>? s_waiting;

    /// <summary>A fresh table.</summary>
    public static Task<ProcTable> TakeAsync()
    {
        lock (s_gate)
        {
            return s_waiting ??= AfterAsync(s_running);
        }
    }

    private static async Task<ProcTable> AfterAsync(Task running)
    {
        await Task.Yield();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (s_gate)
        {
            s_waiting = null;
            s_running = done.Task;
        }

        try
        {
            return ProcTable.Take(markers: true);
        }
        finally
        {
            done.SetResult();
        }
    }
}
