using System.Diagnostics;

namespace McpActors.Testing;

/// <summary>Waits for something to become true, within a bound.</summary>
public static class Poll
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(25);

    /// <summary>Asks until the answer is not null.</summary>
    /// <param name="bound">The longest wait; generous, for a busy machine.</param>
    /// <param name="ask">What is asked again and again.</param>
    /// <param name="describe">Says, when time is up, what was seen instead.</param>
    /// <exception cref="TimeoutException">Time is up.</exception>
    public static async Task<T> UntilAsync<T>(TimeSpan bound, Func<Task<T?>> ask, Func<string> describe)
        where T : class
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (await ask().ConfigureAwait(false) is { } found)
            {
                return found;
            }

            if (clock.Elapsed > bound)
            {
                throw new TimeoutException($"Not within {bound.TotalSeconds:0} s: {describe()}");
            }

            await Task.Delay(s_pause).ConfigureAwait(false);
        }
    }

    /// <summary>Asks until the answer is true.</summary>
    public static Task UntilAsync(TimeSpan bound, Func<bool> ask, Func<string> describe) =>
        UntilAsync(bound, () => Task.FromResult(ask() ? "" : null), describe);
}
