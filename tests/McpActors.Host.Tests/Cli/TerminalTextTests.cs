using FluentAssertions;
using McpActors.Cli.Output;
using Xunit;

namespace McpActors.Host.Tests.Cli;

public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("plain ~ text", "plain ~ text")]
    [InlineData("näme 日本語 👍 e\u0301", "näme 日本語 👍 e\u0301")]
    [InlineData("a\nb\r\n\tc", @"a\nb\r\n\tc")]
    [InlineData("\u001b[2J\u001b]0;title\u0007", @"\u001b[2J\u001b]0;title\u0007")]
    [InlineData("\0\b\u007f", @"\u0000\u0008\u007f")]
    [InlineData("\u009b31m", @"\u009b31m")]
    [InlineData("\u202Eevil\u202C \u2066x\u2069", @"\u202eevil\u202c \u2066x\u2069")]
    [InlineData("\u200B\u200E\u200F\u061C\uFEFF\u2060", @"\u200b\u200e\u200f\u061c\ufeff\u2060")]
    [InlineData("\u2028\u2029", @"\u2028\u2029")]
    [InlineData("tag\U000E0041", @"tag\u{e0041}")]
    public void What_could_steer_or_deceive_a_terminal_is_written_out(string text, string expected) =>
        TerminalText.Escape(text).Should().Be(expected);

    [Fact]
    public void Half_of_a_surrogate_pair_is_written_out()
    {
        // Not a theory: attributes are stored as UTF-8, which has no halves.
        TerminalText.Escape("half \ud83d end").Should().Be(@"half \ud83d end");
        TerminalText.Escape("\udc4d").Should().Be(@"\udc4d");
    }

    [Fact]
    public void A_bar_is_escaped_in_every_field_but_the_last_so_that_lines_split()
    {
        var writer = new StringWriter();

        new RecordWriter(writer, colours: false).Record("a | b", (string?)null, "", "c | d");

        writer.ToString().TrimEnd().Should().Be(@"a \| b | - | - | c | d");
    }

    [Fact]
    public void A_state_that_brings_its_own_escape_sequence_gets_no_colour()
    {
        var writer = new StringWriter();

        new RecordWriter(writer, colours: true).Record(Cell.State("healthy\u001b[8m"), Cell.State("held"));

        writer.ToString().TrimEnd().Should().Be(@"healthy\u001b[8m | " + "\u001b[33mheld\u001b[0m");
    }

    [Theory]
    [InlineData(-5, "0s")]
    [InlineData(0, "0s")]
    [InlineData(59.9, "59s")]
    [InlineData(60, "1m")]
    [InlineData(3_599, "59m")]
    [InlineData(3_600, "1h")]
    [InlineData(86_399, "23h")]
    [InlineData(86_400, "1d")]
    [InlineData(1e9, "11574d")]
    public void Spans_are_told_in_their_largest_unit(double seconds, string expected) =>
        Units.Span(TimeSpan.FromSeconds(seconds)).Should().Be(expected);

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1.5 * 1024 * 1024, "1.5 MiB")]
    [InlineData(5e18, "4547473.5 TiB")]
    public void Bytes_are_told_in_binary_units(double bytes, string expected) => Units.Bytes(bytes).Should().Be(expected);

    [Fact]
    public void An_instant_that_is_none_is_shown_as_it_is() =>
        Units.Since("soon", CliRun.Now).Should().Be("soon");
}
