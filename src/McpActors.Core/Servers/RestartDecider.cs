using System.Collections.Immutable;

namespace McpActors.Core.Servers;

/// <summary>What is remembered of a server's failures to decide about the next start.</summary>
/// <param name="Failures">When it failed, oldest first; never more than the budget + 1.</param>
/// <param name="Looping">True from the moment the budget is spent until the server has stayed up for a whole window.</param>
/// <param name="Restarts">All restarts since this supervisor began.</param>
public sealed record RestartHistory(ImmutableList<DateTimeOffset> Failures, bool Looping, int Restarts)
{
    /// <summary>Nothing has failed yet.</summary>
    public static RestartHistory Empty { get; } = new([], false, 0);
}

/// <summary>When to start a failed server again.</summary>
/// <param name="After">The delay.</param>
/// <param name="Attempt">The restart's number within the window, from 1.</param>
/// <param name="CrashLooping">True when the budget is spent: this is a slow retry.</param>
public sealed record RestartStep(TimeSpan After, int Attempt, bool CrashLooping);

/// <summary>
/// Decides when a failed server is started again: exponential back-off within a budget, then slow retries for ever.
/// <code>
///          failure, budget left                 failure
///   Up ----------------------------> Waiting ------------> Waiting (delay doubled)
///    ^                                  |  failure, budget spent
///    | up for a whole window            v
///    +------------------------------ Looping (slow retries, never none, never fast)
/// </code>
/// </summary>
public static class RestartDecider
{
    /// <summary>A server failed (it exited, did not start, lost its connection, or stayed wedged).</summary>
    /// <param name="history">What was before.</param>
    /// <param name="settings">Budget and delays.</param>
    /// <param name="upFor">How long it had been connected before it failed; zero when it never was.</param>
    /// <param name="now">The time of the failure.</param>
    /// <param name="jitter">A random number from 0 to 1; it moves a delay by up to a tenth, so that fifty servers do not start in step.</param>
    public static (RestartHistory History, RestartStep Step) Failed(
        RestartHistory history, RestartSettings settings, TimeSpan upFor, DateTimeOffset now, double jitter)
    {
        var looping = history.Looping && upFor < settings.Window;
        var failures = history.Failures.RemoveAll(at => now - at >= settings.Window).Add(now);
        var spent = looping || failures.Count > settings.Budget;
        while (failures.Count > settings.Budget + 1)
        {
            failures = failures.RemoveAt(0);
        }

        var delay = spent ? settings.SlowRetry : Delay(settings, failures.Count);
        return (
            new RestartHistory(failures, spent, history.Restarts + 1),
            new RestartStep(delay * (0.9 + (0.2 * Math.Clamp(jitter, 0, 1))), failures.Count, spent));
    }

    private static TimeSpan Delay(RestartSettings settings, int attempt)
    {
        // 2^30 initial delays are longer than any cap allows; beyond it the shift would overflow.
        var factor = 1L << Math.Min(attempt - 1, 30);
        var ticks = Math.Min((double)settings.InitialDelay.Ticks * factor, settings.MaxDelay.Ticks);
        return TimeSpan.FromTicks((long)ticks);
    }
}
