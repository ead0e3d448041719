namespace McpActors.Actors.Servers.Connections;

/// <summary>
/// Lets a few servers start at a time, so that fifty of them do not fight for two cores. A turn ends when it is
/// disposed, or by itself after 10 s: a server that hangs at its start must not keep the others waiting.
/// </summary>
internal sealed class StartGate(int concurrency, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan s_longestTurn = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _turns = new(concurrency, concurrency);

    /// <summary>Waits for a turn.</summary>
    /// <exception cref="OperationCanceledException">The wait was called off.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Turn(_turns, time);
    }

    public void Dispose() => _turns.Dispose();

    private sealed class Turn : IDisposable
    {
        private readonly SemaphoreSlim _turns;
        private readonly ITimer _limit;
        private int _ended;

        public Turn(SemaphoreSlim turns, TimeProvider time)
        {
            _turns = turns;
            _limit = time.CreateTimer(_ => End(), null, s_longestTurn, Timeout.InfiniteTimeSpan);
        }

        public void Dispose()
        {
            _limit.Dispose();
            End();
        }

        private void End()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0)
            {
                try
                {
                    _turns.Release();
                }
                catch (ObjectDisposedException)
                {
                    // The node is leaving; nobody waits for a turn any more.
                }
            }
        }
    }
}
