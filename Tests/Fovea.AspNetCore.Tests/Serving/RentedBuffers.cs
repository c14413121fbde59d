using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace Fovea.Tests.AspNetCore.Serving;

/// <summary>Which buffers of one size the shared pools have lent, in the whole process, by what they tell themselves.</summary>
internal sealed class RentedBuffers(int size) : EventListener
{
    private readonly ConcurrentDictionary<int, bool> lent = new();
    private int rented;

    /// <summary>Those that were lent since this listens, and were given back or not.</summary>
    public int Rented => Volatile.Read(ref rented);

    /// <summary>Those that have not been given back.</summary>
    public int Lent => lent.Count;

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "System.Buffers.ArrayPoolEventSource")
        {
            EnableEvents(eventSource, EventLevel.Verbose);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // The id is the buffer's, the first of all payloads; then comes its size.
        if (eventData.Payload is not [int id, int length, ..] || length != size)
        {
            return;
        }

        switch (eventData.EventName)
        {
            case "BufferRented" when lent.TryAdd(id, true):
                Interlocked.Increment(ref rented);
                break;
            case "BufferReturned":
                lent.TryRemove(id, out _);
                break;
        }
    }
}
