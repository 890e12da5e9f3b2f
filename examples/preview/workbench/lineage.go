package workbench

import (
	"net/http"

	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform/builtin"
)

// lineageNode is a node of the lineage with the object that it stands in.
type lineageNode struct {
	config.LineageNode
	Key    string `json:"key,omitempty"`
	Unused bool   `json:"unused,omitempty"` // nothing leads on from it
}

// lineage answers with where values come from and where they go.
func (s *Server) lineage(*http.Request) (any, error) {
	snap, err := s.current()
	if err != nil {
		return nil, err
	}
	l := snap.bundle.Lineage(builtin.Library())
	nodes := make([]lineageNode, len(l.Nodes))
	for i, n := range l.Nodes {
		nodes[i] = lineageNode{LineageNode: n, Key: snap.keyAt(keyOf(&n), n.Pos)}
	}
	for _, i := range l.Unused() {
		nodes[i].Unused = true
	}
	edges := l.Edges
	if edges == nil {
		edges = []config.LineageEdge{}
	}
	return map[string]any{"nodes": nodes, "edges": edges}, nil
}

// keyOf is the key that an object of this kind would have.
func keyOf(n *config.LineageNode) string {
	switch n.Kind {
	case config.LineageTransform:
		return "transform/" + n.Name
	case config.LineageMapping:
		return "mapping/" + n.In + "/" + n.Name
	case config.LineageSource:
		return "source/" + n.Name
	case config.LineageProfile:
		return "profile/" + n.Name
	}

	return ""
}
