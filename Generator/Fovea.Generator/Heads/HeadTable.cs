using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;
using Fovea.Generator.Heads.RetinaNet;

namespace Fovea.Generator.Heads;

/// <summary>The heads that there are, each with what its network is made of. Each is a folder here.</summary>
internal static class HeadTable
{
    public static NetworkParts RetinaNet { get; } = new(spec => new RetinaNetHead(spec), () => new Relu());
}
