using Fovea.Cpu;
using Fovea.Model;

namespace Fovea.Tests.Model;

/// <summary>Memory that cannot be had, and memory that is kept.</summary>
public class MemoryTests
{
    [Fact]
    public void Growth_that_fails_leaves_the_old_memory_as_it_was()
    {
        using var model = new ModelMemory(ToyProgram.Instance.Description);
        using var pool = new WorkerPool(1);
        using var context = new CpuContext(model, pool, 64);
        context.Write(0, [1f, 2f, 3f]);
        var error = Assert.Throws<InsufficientMemoryException>(() => context.ReserveArena(1L << 60));
        Assert.Contains("1152921504606846976 elements", error.Message, StringComparison.Ordinal);
        var read = new float[3];
        context.Read(0, read);
        Assert.Equal([1f, 2f, 3f], read);
        context.ReserveWorkspaces(16);
        Assert.Throws<InsufficientMemoryException>(() => context.ReserveWorkspaces(1L << 60));
        unsafe
        {
            context.WorkerWorkspace(0)[15] = 4;
        }

        context.ReserveArena(128);
        Assert.Equal(128, context.Arena.Length);
    }

    [Fact]
    public void Batches_of_more_elements_than_can_be_counted_are_refused_with_the_figures()
    {
        using var detector = ToyDetector.Create(1);
        var error = Assert.Throws<ArgumentException>(() => detector.CreateSession(200_000, 64, 64));
        Assert.Contains("200000 images of 64×64 pixels would have 2457600000 elements", error.Message, StringComparison.Ordinal);
        Assert.Contains("at most 2147483647", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => detector.CreateSession(int.MaxValue, 2147483616, 2147483616));
        Assert.Throws<ArgumentException>(() => detector.CreateTrainingSession(1, 64, 64, int.MaxValue));
    }

    [Fact]
    public void Idle_sessions_of_many_canvases_are_bounded_by_memory()
    {
        using var detector = ToyDetector.Create(1);
        using var pool = new SessionPool(detector.Model, minIdleElements: 0);
        long largest = 0;
        for (var i = 0; i < 6; i++)
        {
            var worker = pool.Rent(1, 128 + (32 * i), 128);
            largest = Math.Max(largest, worker.Session.Plan.ArenaLength);
            pool.Return(worker);
            Assert.InRange(pool.IdleElements, 1, largest);
        }
    }

    [Fact]
    public void The_least_recently_used_canvas_goes_first()
    {
        using var detector = ToyDetector.Create(1);
        using var pool = new SessionPool(detector.Model);
        var kept = pool.Rent(1, 64, 64);
        pool.Return(kept);
        for (var i = 1; i < 20; i++)
        {
            pool.Return(pool.Rent(1, 64, 64 + (32 * i)));
            var again = pool.Rent(1, 64, 64);
            Assert.Same(kept, again);
            pool.Return(again);
        }
    }
}
