using FluentAssertions;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Core.Tests.Servers;

public class RestartDeciderTests
{
    private static readonly DateTimeOffset s_start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly RestartSettings s_settings = new();

    [Fact]
    public void Delays_double_until_the_budget_is_spent_and_then_retries_are_slow_for_ever()
    {
        var history = RestartHistory.Empty;
        var delays = new List<double>();
        var looping = new List<bool>();
        var now = s_start;
        for (var i = 0; i < 20; i++)
        {
            (history, var step) = RestartDecider.Failed(history, s_settings, TimeSpan.Zero, now, 0.5);
            delays.Add(step.After.TotalSeconds);
            looping.Add(step.CrashLooping);
            now += step.After;
        }

        delays.Take(5).Should().Equal(0.1, 0.2, 0.4, 0.8, 1.6);
        delays.Skip(5).Should().OnlyContain(d => d == 300);
        looping.Should().Equal(Enumerable.Range(0, 20).Select(i => i >= 5));
        history.Restarts.Should().Be(20);
        history.Failures.Count.Should().BeLessThanOrEqualTo(s_settings.Budget + 1);
    }

    [Fact]
    public void A_slow_retry_that_fails_does_not_bring_back_fast_ones_though_the_window_has_passed()
    {
        var (history, _) = Spend();
        var (_, step) = RestartDecider.Failed(history, s_settings, TimeSpan.FromMinutes(1), s_start.AddHours(2), 0.5);

        step.CrashLooping.Should().BeTrue();
    }

    [Fact]
    public void A_whole_window_of_life_clears_the_record()
    {
        var (history, _) = Spend();
        var (_, step) = RestartDecider.Failed(history, s_settings, s_settings.Window, s_start.AddHours(2), 0.5);

        step.Should().Be(new RestartStep(TimeSpan.FromMilliseconds(100), 1, false));
    }

    [Fact]
    public void Rare_failures_never_spend_the_budget()
    {
        var history = RestartHistory.Empty;
        for (var i = 0; i < 50; i++)
        {
            (history, var step) = RestartDecider.Failed(history, s_settings, TimeSpan.FromMinutes(11), s_start.AddMinutes(11 * i), 0.5);
            step.Should().Be(new RestartStep(TimeSpan.FromMilliseconds(100), 1, false));
        }
    }

    [Fact]
    public void No_budget_means_slow_retries_from_the_first_failure()
    {
        var (_, step) = RestartDecider.Failed(RestartHistory.Empty, s_settings with { Budget = 0 }, TimeSpan.Zero, s_start, 0.5);

        step.CrashLooping.Should().BeTrue();
    }

    [Theory]
    [InlineData(0, 90)]
    [InlineData(0.5, 100)]
    [InlineData(1, 110)]
    [InlineData(7, 110)]
    public void Jitter_moves_a_delay_by_at_most_a_tenth(double jitter, double milliseconds)
    {
        var (_, step) = RestartDecider.Failed(RestartHistory.Empty, s_settings, TimeSpan.Zero, s_start, jitter);

        step.After.TotalMilliseconds.Should().BeApproximately(milliseconds, 0.001);
    }

    [Fact]
    public void Delays_never_exceed_their_cap_however_many_failures()
    {
        var settings = s_settings with { Budget = 1000, InitialDelay = TimeSpan.FromSeconds(1), MaxDelay = TimeSpan.FromSeconds(10) };
        var history = RestartHistory.Empty;
        for (var i = 0; i < 200; i++)
        {
            (history, var step) = RestartDecider.Failed(history, settings, TimeSpan.Zero, s_start.AddSeconds(i), 1);
            step.After.Should().BeLessThanOrEqualTo(TimeSpan.FromSeconds(11));
            step.CrashLooping.Should().BeFalse();
        }
    }

    private static (RestartHistory History, RestartStep Step) Spend()
    {
        var result = (History: RestartHistory.Empty, Step: new RestartStep(TimeSpan.Zero, 0, false));
        for (var i = 0; i < 6; i++)
        {
            result = RestartDecider.Failed(result.History, s_settings, TimeSpan.Zero, s_start, 0.5);
        }

        return result;
    }
}
