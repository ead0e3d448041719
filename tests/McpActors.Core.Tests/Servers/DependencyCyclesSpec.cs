using FluentAssertions;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Core.Tests.Servers;

public sealed class DependencyCyclesSpec
{
    [Theory]
    [InlineData("a:b b:c c:", "")]
    [InlineData("a:b b:c c:a", "a>b>c")]
    [InlineData("a:a", "a")]
    [InlineData("d:c c:a a:b b:c", "a>b>c")]
    [InlineData("a:b b:a c:d d:c e:a,c", "a>b c>d")]
    [InlineData("a:nobody b:a", "")]
    public void Circles_are_named_whole(string needs, string circles)
    {
        var found = DependencyCycles.Find(Map(needs), 10);

        string.Join(' ', found.Select(circle => string.Join('>', circle))).Should().Be(circles);
    }

    [Fact]
    public void A_chain_of_five_thousand_is_no_circle_and_its_closing_makes_one()
    {
        var chain = Enumerable.Range(0, 5000).Select(i => $"s{i}:s{i + 1}");

        DependencyCycles.Find(Map(string.Join(' ', chain)), 10).Should().BeEmpty();
        DependencyCycles.Find(Map(string.Join(' ', chain.Append("s5000:s0"))), 10).Should().ContainSingle().Which.Should().HaveCount(5001);
    }

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("60s", 60)]
    [InlineData("1.5m", 90)]
    [InlineData(" 1h ", 3600)]
    [InlineData("1d", 86400)]
    [InlineData("7", 7)]
    public void Durations_are_read_and_written(string text, double seconds)
    {
        DurationText.TryParse(text, out var duration).Should().BeTrue();
        duration.Should().Be(TimeSpan.FromSeconds(seconds));
        DurationText.TryParse(DurationText.Format(duration), out var again).Should().BeTrue();
        again.Should().Be(duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1 fortnight")]
    [InlineData("1.2.3s")]
    [InlineData("9999999999999d")]
    [InlineData("NaN")]
    public void What_is_no_duration_is_refused(string text)
    {
        DurationText.TryParse(text, out _).Should().BeFalse();
    }

    private static KeyValuePair<string, IReadOnlyList<string>>[] Map(string needs) =>
        [.. needs.Split(' ').Select(pair => pair.Split(':')).Select(pair => KeyValuePair.Create<string, IReadOnlyList<string>>(
            pair[0], pair[1].Split(',', StringSplitOptions.RemoveEmptyEntries)))];
}
