using System.Text;
using FluentAssertions;
using McpActors.Actors.Servers.Processes;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace McpActors.Actors.Tests.Servers.Processes;

[Collection(AloneOnTheMachine.Name)]
public sealed class ServerLogTests : IDisposable
{
    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("log").FullName, "logs");
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 2, 0, 0, TimeSpan.Zero));

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [Fact]
    public void Lines_are_put_together_from_pieces()
    {
        using var log = Log();
        Append(log, "on", "e\ntw", "o\r\n", "\nthr");

        log.Tail(10).Select(l => l.Text).Should().Equal("one", "two", "");
        log.Stderr.Complete();
        log.LastLines(2).Should().Be("\nthr");
        log.Tail(1)[0].Should().Be(new LogLine(_time.GetUtcNow(), "err", "thr"));
    }

    [Fact]
    public void The_ring_keeps_the_last_lines_only()
    {
        using var log = Log();
        Append(log, string.Concat(Enumerable.Range(1, 800).Select(i => $"{i}\n")));

        log.Tail(int.MaxValue).Should().HaveCount(500);
        log.Tail(1)[0].Text.Should().Be("800");
        log.Lines.Should().Be(800);
    }

    [Fact]
    public void The_ring_is_bounded_in_bytes_too()
    {
        using var log = Log();
        for (var i = 0; i < 500; i++)
        {
            Append(log, new string('x', 4000) + "\n");
        }

        log.Tail(500).Sum(l => l.Text.Length * 2).Should().BeInRange(200 * 1024, 256 * 1024);
    }

    [Fact]
    public void A_line_without_end_is_stored_cut_and_its_rest_skipped()
    {
        using var log = Log();
        for (var i = 0; i < 1000; i++)
        {
            Append(log, new string('x', 1000));
        }

        Append(log, "\nnext\n");

        log.Tail(10).Should().HaveCount(2);
        log.Tail(2)[0].Text.Should().StartWith(new string('x', 4096)).And.EndWith("(cut)").And.HaveLength(4096 + 7);
        log.Tail(1)[0].Text.Should().Be("next");
    }

    [Fact]
    public void A_secret_across_the_cut_does_not_show_its_first_half()
    {
        using var log = Log(new ServerLogOptions { Scrub = text => text.Replace("super-secret-token", "***", StringComparison.Ordinal) });
        Append(log, new string('x', 4090) + "super-secret-token and more\n");

        log.LastLines(1).Should().NotContain("super");
    }

    [Fact]
    public void A_scrub_that_fails_withholds_the_line()
    {
        using var log = Log(new ServerLogOptions { Scrub = _ => throw new InvalidOperationException("broken") });
        Append(log, "password\n");

        log.LastLines(1).Should().NotContain("password").And.Contain("withheld");
    }

    [Fact]
    public void Control_characters_and_turned_text_are_shown_not_obeyed()
    {
        using var log = Log();
        Append(log, "\u001b[2Jwipe\u0007 \u202egnp \tok \u0085\n");
        log.Stderr.Append([0xff, 0xfe, (byte)'\n']);

        log.LastLines(2).Should().Be("\\x1b[2Jwipe\\x07 \\u202egnp \tok \\x85\n\uFFFD\uFFFD");
    }

    [Fact]
    public async Task Lines_reach_the_file_once_a_second_with_private_modes()
    {
        await using var flusher = new LogFlusher(_folder, _time);
        using var log = Log(flusher: flusher);
        Append(log, "hello\n");
        log.Note("started");
        File.Exists(PathOf(log)).Should().BeFalse("nothing is written before the second is over");

        _time.Advance(TimeSpan.FromSeconds(1));

        (await File.ReadAllLinesAsync(PathOf(log))).Should().Equal("2026-11-23T02:00:00.000Z err hello", "2026-11-23T02:00:00.000Z node started");
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(PathOf(log)).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.GetUnixFileMode(_folder).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task A_second_writes_a_few_files_however_many_servers_talk()
    {
        await using var flusher = new LogFlusher(_folder, _time);
        var logs = Enumerable.Range(0, 100).Select(i => Log(flusher: flusher, name: $"s{i}")).ToList();
        logs.ForEach(log => Append(log, "talk\n"));

        _time.Advance(TimeSpan.FromSeconds(1));
        Directory.GetFiles(_folder).Should().HaveCount(LogFlusher.FilesPerSecond);

        for (var i = 0; i < 100; i++)
        {
            // The first few keep talking, much; the others must not wait for ever.
            Enumerable.Range(0, 10).ToList().ForEach(n => Append(logs[n], new string('x', 1000) + "\n"));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Directory.GetFiles(_folder).Should().HaveCount(100);
        logs.ForEach(log => log.Dispose());
    }

    [Fact]
    public async Task A_file_is_rotated_once_and_never_beyond_its_bound()
    {
        await using var flusher = new LogFlusher(_folder, _time);
        using var log = Log(new ServerLogOptions { FileBytes = 512 * 1024 }, flusher);
        for (var i = 0; i < 40; i++)
        {
            for (var n = 0; n < 50; n++)
            {
                Append(log, $"{i}-{n} {new string('x', 1000)}\n");
            }

            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Directory.GetFiles(_folder).Select(Path.GetFileName).Should().BeEquivalentTo(["server.log", "server.log.1"]);
        Directory.GetFiles(_folder).Should().OnlyContain(f => new FileInfo(f).Length <= 512 * 1024);
        (await File.ReadAllTextAsync(PathOf(log))).Should().Contain("39-49");
        log.Dropped.Should().Be(0);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_costs_the_file_only()
    {
        await File.WriteAllTextAsync(_folder, "a file where the folder should be");
        await using var flusher = new LogFlusher(_folder, _time);
        using var log = Log(flusher: flusher);
        Append(log, "one\ntwo\n");

        _time.Advance(TimeSpan.FromSeconds(1));

        log.Dropped.Should().Be(2);
        log.LastLines(2).Should().Be("one\ntwo");
        flusher.LastError.Should().Contain("cannot be written");
    }

    [Fact]
    public async Task A_planted_link_is_not_followed()
    {
        await using var flusher = new LogFlusher(_folder, _time);
        using var log = Log(flusher: flusher);
        var target = _folder + "-target";
        await File.WriteAllTextAsync(target, "precious");
        File.CreateSymbolicLink(PathOf(log), target);
        Append(log, "overwrite\n");

        _time.Advance(TimeSpan.FromSeconds(1));

        (await File.ReadAllTextAsync(target)).Should().Be("precious");
        log.Dropped.Should().Be(1);
    }

    [Fact]
    public async Task A_flood_between_two_flushes_is_bounded_and_counted()
    {
        await using var flusher = new LogFlusher(_folder, _time);
        using var log = Log(flusher: flusher);
        for (var i = 0; i < 2000; i++)
        {
            Append(log, new string('x', 1000) + "\n");
        }

        log.PendingBytes.Should().BeLessThanOrEqualTo(256 * 1024);
        log.Dropped.Should().BeGreaterThan(1000);
        _time.Advance(TimeSpan.FromSeconds(1));
        new FileInfo(PathOf(log)).Length.Should().BeLessThanOrEqualTo(256 * 1024);
    }

    [Fact]
    public async Task The_end_of_the_node_writes_what_waits()
    {
        using var log = Log(flusher: null);
        await using (var flusher = new LogFlusher(_folder, _time))
        {
            using var last = Log(flusher: flusher, name: "last");
            last.Stderr.Append("no end of line"u8);
        }

        (await File.ReadAllTextAsync(Path.Combine(_folder, "last.log"))).Should().Contain("no end of line");
    }

    [Fact]
    public void Every_name_gives_a_safe_file_name_of_its_own()
    {
        string[] names =
        [
            "plain", "Plain", "a/b", "a_b", "../../etc/passwd", "..", ".", "", " ", "a b", "ä", "a\0b", new string('x', 64), new string('x', 65),
            new string('x', 66), ".hidden", SafeName.For("a/b"), SafeName.For(SafeName.For("a/b")), "a\nb", "con", "x.log.1",
        ];

        var files = names.Select(SafeName.For).ToList();

        files.Should().OnlyHaveUniqueItems();
        files.Should().OnlyContain(f => f.Length > 0 && f.Length <= 81 && f[0] != '.' && f.All(c => char.IsAsciiLetterOrDigit(c) || "-_.".Contains(c)));
        SafeName.For("my-server_1.2").Should().Be("my-server_1.2");
    }

    private ServerLog Log(ServerLogOptions? options = null, LogFlusher? flusher = null, string name = "server") => new(name, _time, flusher, options);

    private string PathOf(ServerLog log) => Path.Combine(_folder, log.FileName);

    private static void Append(ServerLog log, params string[] pieces)
    {
        foreach (var piece in pieces)
        {
            log.Stderr.Append(Encoding.UTF8.GetBytes(piece));
        }
    }
}
