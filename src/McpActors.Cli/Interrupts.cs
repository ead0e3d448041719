namespace McpActors.Cli;

/// <summary>
/// Lets Ctrl-C end the verb that runs, and only that: in a prompt the session goes on.
/// Signals come on a thread of their own, hence the lock.
/// </summary>
public sealed class Interrupts : IDisposable
{
    private readonly Lock _gate = new();
    private CancellationTokenSource? _running;

    /// <summary>A token for the verb that begins now, valid until <see cref="End"/>.</summary>
    public CancellationToken Begin()
    {
        lock (_gate)
        {
            _running?.Dispose();
            _running = new CancellationTokenSource();
            return _running.Token;
        }
    }

    /// <summary>Cancels the running verb. False where nothing runs or it was cancelled before: the process may end then.</summary>
    public bool Signal()
    {
        lock (_gate)
        {
            if (_running is null || _running.IsCancellationRequested)
            {
                return false;
            }

            _running.Cancel();
            return true;
        }
    }

    /// <summary>Nothing runs any more: the next Ctrl-C ends the process.</summary>
    public void End()
    {
        lock (_gate)
        {
            _running?.Dispose();
            _running = null;
        }
    }

    /// <inheritdoc />
    public void Dispose() => End();
}
