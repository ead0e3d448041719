using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using McpActors.Core.Servers;
using Microsoft.Win32.SafeHandles;

namespace McpActors.Actors.Servers.Processes;

/// <summary>
/// Remembers on disk which processes run, one small file each (mode 0600), so that a node that was killed finds them
/// at its next start. The marks in their environments cover the moment between a start and its file.
/// </summary>
public sealed class ProcessLedger
{
    private const uint OwnerOnly = 0b110_000_000;
    private const int LongestFile = 64 * 1024;

    private readonly string _folder;
    private readonly string _nodeId;
    private readonly string _bootId;
    private readonly long _nodeStartTicks;

    /// <summary>The ledger in a folder that is there already.</summary>
    public ProcessLedger(string folder, string nodeId)
    {
        _folder = folder;
        _nodeId = nodeId;
        _bootId = ProcFs.BootId();
        _nodeStartTicks = ProcFs.ReadProcess(Environment.ProcessId)?.StartTicks ?? 0;
    }

    /// <summary>This node's id.</summary>
    public string NodeId => _nodeId;

    /// <summary>Writes a started process down.</summary>
    /// <exception cref="IOException">The file cannot be written (a full disk). The process is still found by its mark.</exception>
    public void Add(ChildProcess child, string server) =>
        Add(new ProcessRecord(child.Pid, child.StartTimeTicks, _bootId, child.Instance, server, _nodeId, Environment.ProcessId, _nodeStartTicks));

    /// <summary>Forgets a process that was stopped and cleaned up. A missing file is no error.</summary>
    public void Remove(ChildProcess child) => Remove(child.Instance);

    /// <summary>Every record that can be read. A file that a crash cut short is skipped and removed.</summary>
    public IReadOnlyList<ProcessRecord> Read()
    {
        var records = new List<ProcessRecord>();
        foreach (var file in Directory.EnumerateFiles(_folder, "*.json"))
        {
            try
            {
                if (new FileInfo(file) is not { LinkTarget: null, Length: <= LongestFile })
                {
                    continue;
                }

                var record = JsonSerializer.Deserialize<ProcessRecord>(File.ReadAllBytes(file));
                if (record is { Pid: > 1, BootId: not null, Server: not null, NodeId: not null })
                {
                    records.Add(record);
                    continue;
                }
            }
            catch (JsonException)
            {
                // Removed below.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            TryDelete(file);
        }

        return records;
    }

    internal void Remove(Guid instance) => TryDelete(PathOf(instance));

    internal void Add(ProcessRecord record)
    {
        var path = PathOf(record.Instance);
        var flags = Native.OpenWriteOnly | Native.OpenCreate | Native.OpenCloseOnExec | Native.OpenNoFollow;
        var fd = Native.Open(path, flags, OwnerOnly);
        if (fd < 0)
        {
            throw new IOException($"The process record {path} cannot be written: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
        }

        using var handle = new SafeFileHandle(fd, ownsHandle: true);
        RandomAccess.Write(handle, JsonSerializer.SerializeToUtf8Bytes(record), 0);
    }

    private string PathOf(Guid instance) => Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{instance:N}.json"));

    private static void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays and is judged again at the next start: start time and boot keep it harmless.
        }
    }
}
