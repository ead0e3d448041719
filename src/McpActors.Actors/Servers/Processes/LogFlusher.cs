using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace McpActors.Actors.Servers.Processes;

/// <summary>
/// Writes the log files of all servers of a node: once a second, at most <see cref="FilesPerSecond"/> of them, half of
/// those the fullest and half those that wait longest, each by one write. So a thousand chatty servers cost the disk no more than a few.
/// </summary>
/// <remarks>Files are opened for each write: a thousand logs hold no descriptor, and a file that somebody deleted comes back.</remarks>
public sealed class LogFlusher : IAsyncDisposable
{
    /// <summary>Files written in one second.</summary>
    public const int FilesPerSecond = 6;

    /// <summary>Time between two flushes.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private const uint OwnerOnly = 0b110_000_000;

    private readonly Lock _gate = new();
    private readonly Lock _writing = new();
    private readonly Dictionary<ServerLog, long> _dirty = [];
    private readonly ITimer _timer;
    private long _sequence;
    private bool _disposed;

    /// <summary>A flusher for one folder, which it makes (mode 0700).</summary>
    public LogFlusher(string folder, TimeProvider time)
    {
        Folder = folder;
        MakeFolder();
        _timer = time.CreateTimer(_ => Flush(FilesPerSecond), null, Interval, Interval);
    }

    /// <summary>Where the files are.</summary>
    public string Folder { get; }

    /// <summary>Why the last write failed, or null when it did not.</summary>
    public string? LastError { get; private set; }

    /// <summary>Writes everything that waits now.</summary>
    public Task FlushAllAsync() => Task.Run(() => Flush(int.MaxValue));

    /// <summary>Writes what waits and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _timer.DisposeAsync().ConfigureAwait(false);
        await FlushAllAsync().ConfigureAwait(false);
    }

    internal void MarkDirty(ServerLog log)
    {
        lock (_gate)
        {
            _dirty.TryAdd(log, _sequence++);
        }
    }

    private void Flush(int files)
    {
        // One at a time: a slow disk must not gather timer threads.
        if (!_writing.TryEnter(files == int.MaxValue ? TimeSpan.FromSeconds(10) : TimeSpan.Zero))
        {
            return;
        }

        try
        {
            List<ServerLog> chosen;
            lock (_gate)
            {
                chosen = [.. _dirty.Keys];
                if (chosen.Count > files)
                {
                    chosen = [.. chosen.OrderByDescending(log => log.PendingBytes).Take(files / 2)];
                    chosen.AddRange(_dirty.Where(d => !chosen.Contains(d.Key)).OrderBy(d => d.Value).Select(d => d.Key).Take(files - (files / 2)).ToList());
                }

                chosen.ForEach(log => _dirty.Remove(log));
            }

            foreach (var log in chosen)
            {
                Write(log);
            }
        }
        finally
        {
            _writing.Exit();
        }
    }

    private void Write(ServerLog log)
    {
        var (bytes, lines) = log.TakePending();
        if (lines == 0)
        {
            return;
        }

        var path = Path.Combine(Folder, log.FileName);
        try
        {
            var handle = Open(path);
            try
            {
                var length = RandomAccess.GetLength(handle);
                if (length > 0 && length + bytes.Length > log.FileBytes)
                {
                    handle.Dispose();
                    File.Move(path, path + ".1", overwrite: true);
                    handle = Open(path);
                    length = 0;
                }

                RandomAccess.Write(handle, bytes.Span, length);
            }
            finally
            {
                handle.Dispose();
            }

            LastError = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            log.CountDropped(lines);
            LastError = $"The log file {path} cannot be written: {e.Message}";
        }
    }

    private SafeFileHandle Open(string path)
    {
        // A planted link or FIFO must not lead the node elsewhere or block it, and .NET's own open follows both.
        var flags = Native.OpenReadWrite | Native.OpenCreate | Native.OpenCloseOnExec | Native.OpenNonBlock | Native.OpenNoFollow;
        var fd = Native.Open(path, flags, OwnerOnly);
        if (fd < 0 && Marshal.GetLastPInvokeError() == Native.Enoent)
        {
            MakeFolder();
            fd = Native.Open(path, flags, OwnerOnly);
        }

        if (fd < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            throw new IOException(error == Native.Eloop ? "it is a symbolic link" : Marshal.GetPInvokeErrorMessage(error));
        }

        return new SafeFileHandle(fd, ownsHandle: true);
    }

    private void MakeFolder()
    {
        var parent = Path.GetDirectoryName(Folder);
        if (!string.IsNullOrEmpty(parent))
        {
            Directory.CreateDirectory(parent);
        }

        _ = Native.MakeDirectory(Folder, 0b111_000_000);
    }
}
