// Added to the provider that knows the schema alone: OpenTofu's mocks have it read the states that they made.

package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
)

func (p *srv) UpgradeResourceState(_ context.Context, r *tfprotov5.UpgradeResourceStateRequest) (*tfprotov5.UpgradeResourceStateResponse, error) {
	kind := p.s.ResourceSchemas[r.TypeName].ValueType()
	value, err := r.RawState.Unmarshal(kind)
	if err != nil {
		return nil, err
	}
	state, err := tfprotov5.NewDynamicValue(kind, value)
	if err != nil {
		return nil, err
	}
	return &tfprotov5.UpgradeResourceStateResponse{UpgradedState: &state}, nil
}
